"""Slots of the past see what was known then, and move nothing that is present, on both databases."""

import json
from datetime import UTC, datetime

import pandas as pd
import pytest
from typer.testing import CliRunner

import tsflow
from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow import steps
from tsflow.cli import app
from tsflow.errors import ConfigError, DataError

JULY = datetime(2023, 7, 1, tzinfo=UTC)


def test_a_past_slot_forecasts_as_it_did_when_it_was_present(small: Small) -> None:
    small.write(seasonal(months=66))
    first = small.run()
    small.write(seasonal())
    present = small.run()
    champion = small.rows("SELECT model_id FROM champion_aliases")
    again = small.run(slot=JULY, force=True)
    assert again > present
    rows = [
        small.rows(f"SELECT series_id, ds, lead, y_hat, lo_95 FROM forecasts WHERE run_id = {run} ORDER BY 1, 2")
        for run in (first, again)
    ]
    assert rows[0] == rows[1]
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {present}
    assert small.rows("SELECT model_id FROM champion_aliases") == champion


@pytest.mark.parametrize(
    ("written", "hour", "month"),
    [
        ("2030-07-01T00:00", "2030-07-01 00:00", "2030-07-01 00:00"),
        ("2030-07-01T00:00+02:00", "2030-06-30 22:00", "2030-07-01 00:00"),
        ("2030-06-30T22:00+00:00", "2030-06-30 22:00", "2030-07-01 00:00"),
    ],
)
def test_a_moment_means_the_same_slot_to_all_that_take_one(small: Small, written: str, hour: str, month: str) -> None:
    hours = {**PIPELINE, "frequency": "h", "clock": "wall", "timezone": "Europe/Berlin"}
    small.configure_project(pipelines={"hours": hours, "months": {**PIPELINE, "timezone": "Europe/Berlin"}})
    for name, slot in (("hours", hour), ("months", month)):
        told = CliRunner().invoke(app, ["backfill", name, "--from", written, "--config", small.config])
        assert f"no slot from {slot} on is past" in " ".join(told.stderr.split())
        with pytest.raises(ConfigError, match=f"no slot from {slot} on is past"):
            tsflow.Project.load(small.config).pipeline(name).backfill(written)
        with pytest.raises(ConfigError, match=f"slot {slot} is later"):
            steps.look_up(small.config, name, wall=WALL, slot=datetime.fromisoformat(written))


def test_a_past_slot_knows_the_series_of_its_time(small: Small) -> None:
    small.configure(ended_after=6)
    ended = seasonal(("b",), months=60)
    late = seasonal(("c",), months=3, start="2023-10-01")
    small.write(pd.concat([seasonal(("a",)), ended, late]))
    small.run()
    assert {row["unique_id"] for row in small.rows("SELECT unique_id FROM latest_forecasts")} == {"a", "c"}
    run_id = small.run(slot=datetime(2023, 2, 14, tzinfo=UTC))
    origins = small.rows(
        "SELECT s.unique_id, o.source <> 'none' AS alive, o.cutoff FROM forecast_origins o "
        f"JOIN series s ON s.id = o.series_id WHERE o.run_id = {run_id} ORDER BY 1"
    )
    assert [(row["unique_id"], bool(row["alive"])) for row in origins] == [("a", True), ("b", True)]
    assert small.rows("SELECT unique_id FROM series WHERE ended ORDER BY 1") == [{"unique_id": "b"}]
    assert {row["unique_id"] for row in small.rows("SELECT unique_id FROM latest_forecasts")} == {"a", "c"}


def test_a_past_slot_has_parts_of_which_nothing_was_known(small: Small) -> None:
    small.configure_project(pipelines={"small": {**PIPELINE, "architectures": ["stage"]}}, task_runner={"shard": 1})
    small.write(pd.concat([seasonal(), seasonal(("c", "d"), months=3, start="2023-10-01")]))
    small.run()
    run_id = small.run(slot=JULY)
    origins = small.rows(
        "SELECT s.unique_id, o.source FROM forecast_origins o JOIN series s ON s.id = o.series_id "
        f"WHERE o.run_id = {run_id} ORDER BY 1"
    )
    assert [(row["unique_id"], row["source"]) for row in origins] == [("a", "champion"), ("b", "champion")]
    nobody = datetime(2017, 12, 1, tzinfo=UTC)
    with (
        pytest.raises(DataError, match="nothing was known yet at slot 2017-12-01 00:00"),
        steps.hold_slot(small.config, "small", wall=WALL, slot=nobody, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.forecast(job)


def test_a_value_that_came_late_was_not_known(small: Small) -> None:
    small.configure(delay=40 * 86_400)
    small.run()
    run_id = small.run(slot=JULY)
    rows = small.rows(f"SELECT min(ds) AS ds, max(cutoff) AS cutoff FROM forecast_history WHERE run_id = {run_id}")
    assert rows == [{"ds": "2023-06-01", "cutoff": "2023-05-01"}]


def test_a_backfill_runs_missed_slots_oldest_first_and_leaves_done_ones(small: Small) -> None:
    small.configure(architectures=["stage"], retrain={"every_steps": 2})
    small.write(seasonal(months=68))
    live = small.run()
    small.write(seasonal())
    command = ["backfill", "small", "--from", "2023-08-01", "--to", "2023-11-20", "--config", small.config]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 0, told.output
    assert "4 slots from 2023-08-01 00:00 to 2023-11-01 00:00: 3 published, 1 were done" in told.stderr
    runs = small.rows("SELECT id, slot FROM runs WHERE kind = 'forecast' ORDER BY id")
    assert runs[0]["id"] == live
    assert [row["slot"] for row in runs[1:]] == sorted(row["slot"] for row in runs[1:])
    history = small.rows("SELECT issued_at, max(cutoff) AS cutoff FROM forecast_history GROUP BY issued_at ORDER BY 1")
    assert [(row["issued_at"][:10], row["cutoff"]) for row in history] == [
        ("2023-08-01", "2023-07-01"),
        ("2023-09-01", "2023-08-01"),
        ("2023-10-01", "2023-09-01"),
        ("2023-11-01", "2023-10-01"),
    ]
    before = small.everything()
    again = CliRunner().invoke(app, command)
    assert "4 were done" in again.stderr
    assert small.everything() == before


def test_a_backfill_of_a_time_without_data_says_so(small: Small) -> None:
    command = ["backfill", "small", "--from", "2017-12-01", "--to", "2017-12-31", "--config", small.config]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 3, told.output
    assert "nothing was known yet at slot 2017-12-01 00:00" in told.stderr


def test_a_span_that_ends_before_it_begins_is_refused(small: Small) -> None:
    with pytest.raises(ConfigError, match="the last slot, 2023-01-01 00:00, is before the first, 2023-03-01 00:00"):
        steps.run_past_slots(
            small.config,
            "small",
            datetime(2023, 3, 1, tzinfo=UTC),
            datetime(2023, 1, 1, tzinfo=UTC),
            again=False,
            holder="test",
        )


def test_a_replay_of_a_time_without_data_says_so(small: Small) -> None:
    command = ["replay", "small", "--from", "2017-12-01", "--to", "2017-12-31", "--config", small.config]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 3, told.output
    assert "nothing was known yet at slot 2017-12-01 00:00" in told.stderr
    assert "nothing has come true yet" in told.stderr


def test_a_replay_has_a_space_of_its_own_and_goes_on_where_it_stopped(small: Small) -> None:
    small.configure(architectures=["stage"], retrain={"every_steps": 3})
    live = small.run()
    command = ["replay", "small", "--from", "2023-03-01", "--config", small.config, "--format", "json"]
    first = CliRunner().invoke(app, [*command, "--to", "2023-05-01"])
    assert first.exit_code == 0, first.output
    whole = CliRunner().invoke(app, [*command, "--to", "2023-07-01", "--by", "lead"])
    assert whole.exit_code == 0, whole.output
    assert "5 slots from 2023-03-01 00:00 to 2023-07-01 00:00: 2 published, 3 were done" in whole.stderr
    assert "2 retrains" in whole.stderr
    rows = pd.DataFrame(json.loads(whole.stdout))
    assert rows["forecaster"].tolist() == ["published", "seasonal_naive"] * 6
    assert rows["steps"].tolist() == [10] * 12  # five slots of two series
    mase = rows.groupby("forecaster")["mase"].mean()
    assert mase["published"] < mase["seasonal_naive"]  # of a trend
    slots = small.rows("SELECT space, slot FROM runs WHERE kind = 'retrain' AND space <> 'live' ORDER BY slot")
    assert len(slots) == len({row["slot"] for row in slots}) == 2
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM forecast_history")} == {live}
    alias = small.rows("SELECT space FROM champion_aliases ORDER BY space")
    assert [row["space"] for row in alias] == ["live", slots[0]["space"]]
