"""The life of a slot, from a CSV to published rows, on both databases."""

import pandas as pd
import pytest
from torch import nn
from typer.testing import CliRunner

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow import steps
from tsflow.cli import app
from tsflow.models.registry import ARCHITECTURES, Architecture, NetworkShape
from tsflow.store import readers, runs


def test_publishes_every_step_of_every_series(small: Small) -> None:
    run_id = small.run()
    rows = small.rows("SELECT * FROM latest_forecasts ORDER BY unique_id, ds")
    assert [(row["unique_id"], row["lead"]) for row in rows] == [(name, lead) for name in "ab" for lead in range(1, 7)]
    assert [row["ds"] for row in rows[:2]] == ["2024-01-01", "2024-02-01"]
    assert {row["run_id"] for row in rows} == {run_id}
    for row in rows:
        assert row["lo_95"] <= row["lo_80"] <= row["y_hat"] <= row["hi_80"] <= row["hi_95"]
        assert 0.5 * 170 < row["y_hat"] < 2 * 280


def test_records_the_path_that_led_there(small: Small) -> None:
    small.run()
    runs = small.rows("SELECT kind, status, config_digest, code_version FROM runs ORDER BY id")
    assert [row["kind"] for row in runs] == ["ingest", "retrain", "forecast"]
    assert {row["status"] for row in runs} == {"succeeded"}
    assert all(row["config_digest"] and row["code_version"] for row in runs[1:])
    decision = small.rows("SELECT outcome, reason FROM decisions")
    assert len(decision) == 1
    assert "seasonal_naive" in decision[0]["reason"]
    scored = small.rows("SELECT model_id, count(*) AS pairs FROM scores GROUP BY model_id")
    assert len(scored) == 3  # gru, stage and seasonal naive
    assert len({row["pairs"] for row in scored}) == 1  # on the same pairs


def test_each_trained_architecture_is_explained(small: Small) -> None:
    small.run()
    with steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket, steps.open_job(ticket) as job:
        board = readers.explained(job.engine, "small").set_index("architecture")["explanation"]
    assert board.isna()["seasonal_naive"]
    for name in ("gru", "stage"):
        assert 1 <= board[name]["reach"] <= 36
        assert len(board[name]["error_by_lead"]) == 6
        assert all(error > 0 for error in board[name]["error_by_lead"])
    assert board["gru"]["network_reach"] >= 1
    assert board["stage"]["network_reach"] is None


def test_the_same_slot_again_changes_no_row(small: Small) -> None:
    first = small.run()
    before = small.everything()
    assert small.run() == first
    assert small.everything() == before


def test_a_forced_slot_leaves_what_was_published(small: Small) -> None:
    first = small.run()
    second = small.run(force=True)
    assert second > first
    kept = small.rows(f"SELECT count(*) AS n FROM forecasts WHERE run_id = {first}")
    assert kept[0]["n"] == 12
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {second}
    assert len(small.rows("SELECT id FROM decisions")) == 2


def test_a_seed_gives_the_same_forecasts(small: Small) -> None:
    small.run()
    first = small.rows("SELECT unique_id, ds, y_hat, lo_95 FROM latest_forecasts ORDER BY 1, 2")
    small.run(force=True)
    assert small.rows("SELECT unique_id, ds, y_hat, lo_95 FROM latest_forecasts ORDER BY 1, 2") == first


def test_a_new_series_is_forecast_by_the_present_champion(small: Small) -> None:
    small.configure(retrain={"every_steps": 12})
    small.run()
    small.write(seasonal(("a", "b", "c"), months=73))
    small.run()
    assert len(small.rows("SELECT id FROM decisions")) == 1
    rows = small.rows("SELECT DISTINCT unique_id, source FROM latest_forecasts ORDER BY 1")
    assert [row["unique_id"] for row in rows] == ["a", "b", "c"]
    assert len({row["source"] for row in rows}) == 1


def test_a_series_that_stopped_loses_its_head_with_a_reason(small: Small) -> None:
    small.configure(ended_after=6)
    small.run()
    longer = seasonal(("a",), months=84)
    small.write(pd.concat([longer, seasonal().query("unique_id == 'b'")]))
    small.run()
    assert {row["unique_id"] for row in small.rows("SELECT unique_id FROM latest_forecasts")} == {"a"}
    origins = small.rows(
        "SELECT o.source, o.reason FROM forecast_origins o JOIN series s ON s.id = o.series_id "
        "WHERE s.unique_id = 'b' ORDER BY o.run_id DESC LIMIT 1"
    )
    assert origins[0]["source"] == "none"
    assert "last observed 2023-12-01" in origins[0]["reason"]


def test_a_short_series_gets_the_last_value_with_honest_width(small: Small) -> None:
    late = seasonal(("young",), months=2, start="2023-11-01")
    small.write(pd.concat([seasonal(), late]))
    small.run()
    rows = small.rows("SELECT * FROM latest_forecasts WHERE unique_id = 'young' ORDER BY lead")
    assert {row["source"] for row in rows} == {"baseline"}
    assert [row["y_hat"] for row in rows] == pytest.approx([late["y"].iloc[-1]] * 6, rel=1e-6)
    assert rows[-1]["hi_95"] - rows[-1]["lo_95"] > rows[0]["hi_95"] - rows[0]["lo_95"] > 0
    assert "fewer than 12 observations" in rows[0]["reason"]


def test_a_history_too_short_to_hold_anything_out_gets_seasonal_naive(small: Small) -> None:
    small.write(seasonal(months=8))
    small.run()
    assert {row["source"] for row in small.rows("SELECT source FROM latest_forecasts")} == {"baseline"}
    decision = small.rows("SELECT outcome, reason FROM decisions")[0]
    assert decision["outcome"] == "baseline"
    assert "nothing could be held out" in decision["reason"]


@pytest.mark.parametrize("value", [0.0, 17.5])
def test_a_constant_panel_gets_finite_forecasts(small: Small, value: float) -> None:
    small.write(seasonal().assign(y=value))
    small.run()
    rows = small.rows("SELECT y_hat, lo_95, hi_95 FROM latest_forecasts")
    assert len(rows) == 12
    assert {round(row["y_hat"], 3) for row in rows} == {value}


def test_the_plain_textbook_is_one_setting_away(small: Small) -> None:
    small.configure(training={"min_steps": 20, "max_steps": 20, "stage": False})
    small.run()
    rows = small.rows("SELECT y_hat, lo_95, hi_95 FROM latest_forecasts")
    assert len(rows) == 12
    assert all(row["lo_95"] < row["hi_95"] for row in rows)


def test_a_mended_row_is_resolved(small: Small) -> None:
    broken = seasonal()
    broken["y"] = broken["y"].astype(str)
    broken.loc[3, "y"] = "oops"
    small.write(broken)
    small.run()
    assert small.rows("SELECT unique_id, ds FROM quarantine WHERE resolved_at IS NULL") == [
        {"unique_id": "a", "ds": "2018-04-01"}
    ]
    small.write(seasonal())
    small.run(force=True)
    assert small.rows("SELECT count(*) AS n FROM quarantine WHERE resolved_at IS NULL")[0]["n"] == 0
    assert small.rows("SELECT count(*) AS n FROM observations")[0]["n"] == 144


def test_rows_that_repeat_those_of_another_chunk_are_counted_as_such(small: Small) -> None:
    small.configure(source={**PIPELINE["source"], "chunk_rows": 1_000})
    rows = seasonal(tuple("abcdefghij"), months=100)  # the first chunk
    other = rows[300:301].assign(y=-1.0)
    small.write(pd.concat([rows, rows[:301], rows[400:1_000], rows[700:800], other]))
    with steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket, steps.open_job(ticket) as job:
        report = runs.get(job.engine, steps.ingest(job)).report
    assert (report["rows_read"], report["new"], report["good"]) == (2_002, 999, 999)
    assert report["quarantined"] == {"key_conflict": 2}
    assert report["duplicates"] == 2_002 - 999 - 2


def test_a_corrected_value_becomes_a_revision(small: Small) -> None:
    small.run()
    corrected = seasonal()
    corrected.loc[10, "y"] = 111.0
    small.write(corrected)
    small.run(force=True)
    assert small.rows("SELECT count(*) AS n FROM observation_revisions")[0]["n"] == 1


def test_a_registered_sixth_architecture_is_a_candidate(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    def linear(shape: NetworkShape) -> nn.Module:
        return nn.Sequential(nn.Flatten(), nn.Linear(shape.inputs * shape.length, shape.outputs))

    monkeypatch.setitem(ARCHITECTURES, "linear", Architecture("linear", linear, linear))
    small.configure(architectures=["linear", "stage"])
    small.run()
    assert {"linear", "stage"} <= {row["architecture"] for row in small.rows("SELECT architecture FROM leaderboard")}


def test_refused_rows_alone_make_no_series(small: Small) -> None:
    refused = {"void": None, "typo": "abc", "Total": "1e999"}
    rows = [pd.DataFrame({"unique_id": [name], "ds": ["2023-12-01"], "y": [y]}) for name, y in refused.items()]
    small.write(pd.concat([seasonal(), *rows]))
    small.run()
    assert [row["unique_id"] for row in small.rows("SELECT unique_id FROM series ORDER BY unique_id")] == ["a", "b"]
    assert small.rows("SELECT count(*) AS n FROM quarantine WHERE resolved_at IS NULL") == [{"n": 3}]
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "ok"}]


def test_a_series_without_any_observation_gets_a_reason_and_does_not_keep_the_pipeline_from_being_well(
    small: Small,
) -> None:
    small.run()
    small.execute(  # as versions before 0013 made one of a refused row
        "INSERT INTO series (pipeline, unique_id, frequency, created_at) "
        "SELECT pipeline, 'void', frequency, created_at FROM series WHERE unique_id = 'a'"
    )
    small.run(force=True)
    assert small.rows("SELECT * FROM latest_forecasts WHERE unique_id = 'void'") == []
    origins = small.rows(
        "SELECT o.source, o.reason FROM forecast_origins o JOIN series s ON s.id = o.series_id "
        "WHERE s.unique_id = 'void'"
    )
    assert origins == [{"source": "none", "reason": "no observation"}]
    assert small.rows("SELECT state, series FROM pipeline_health") == [{"state": "ok", "series": 2}]


def test_counts_get_no_negative_forecast(small: Small) -> None:
    few = seasonal()
    few["y"] = (few["y"] % 7).round().where(few.index % 3 == 0, 0)
    small.write(few)
    small.run()
    assert min(row["lo_95"] for row in small.rows("SELECT lo_95 FROM latest_forecasts")) >= 0


def test_a_rollback_forecasts_with_the_champion_before(small: Small) -> None:
    small.configure(architectures=["stage"], training={"min_steps": 40, "max_steps": 40})
    small.run()
    first = small.rows("SELECT model_id FROM champion_aliases")
    small.configure(architectures=["stage"], training={"min_steps": 40, "max_steps": 40, "seed": 2})
    small.run(force=True)
    assert small.rows("SELECT model_id FROM champion_aliases") != first
    done = CliRunner().invoke(app, ["rollback", "small", "--config", small.config])
    assert done.exit_code == 0, done.output
    assert small.rows("SELECT model_id FROM champion_aliases") == first
    assert small.rows("SELECT outcome FROM decisions ORDER BY id DESC LIMIT 1") == [{"outcome": "rolled back"}]


def test_a_changed_horizon_makes_a_retrain_due(small: Small) -> None:
    small.configure(retrain={"every_steps": 100})
    small.run()
    small.configure(retrain={"every_steps": 100}, horizon=9)
    small.run(force=False, wall=WALL)
    small.write(seasonal(months=73))
    small.run()
    leads = small.rows("SELECT unique_id, max(lead) AS lead FROM latest_forecasts GROUP BY unique_id")
    assert {row["lead"] for row in leads} == {9}


def test_a_forecast_on_its_own_does_not_make_the_slot_done(small: Small) -> None:
    small.configure(retrain={"every_steps": 100})
    small.run()
    small.write(seasonal(months=73))
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.forecast(job)
    assert steps.look_up(small.config, "small", wall=WALL) is None
    small.run()
    assert small.rows("SELECT min(ds) AS ds FROM latest_forecasts") == [{"ds": "2024-02-01"}]
