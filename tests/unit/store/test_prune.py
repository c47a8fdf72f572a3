"""Retention: what goes, what stays, on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, insert, select, text, update

from tsflow.config import Limits, Retention
from tsflow.errors import LeaseLost
from tsflow.store import backtests, decisions, leases, models, partitions, prune, readers, runs, track
from tsflow.store.engine import connect, reading, writing
from tsflow.store.leases import Fence
from tsflow.store.models import Training
from tsflow.store.schema import forecasts, metadata, observation_revisions, quarantine
from tsflow.store.schema import runs as runs_table

START = datetime(2024, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=2)
Forecast = Callable[..., runs.Run]


def _find(engine: Engine, **limits: Any) -> prune.Prunable:
    return prune.find(engine, "walkers", Retention.model_validate(limits), now=NOW)


def _prune(engine: Engine, fence: Fence, **limits: Any) -> prune.Prunable:
    found = _find(engine, **limits)
    prune.delete_references(engine, fence, found)
    prune.drop_whole_ranges(engine)
    prune.delete_rows(engine, fence, found)
    return found


def test_without_limits_nothing_goes(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    forecast(0, series_ids)
    found = _find(engine)
    assert (found.forecasts, found.models, found.runs, found.revisions, found.quarantine) == ((), (), (), 0, 0)


@pytest.mark.parametrize(
    ("limits", "kept"), [({"count": 2}, {2, 3}), ({"days": 1.9}, {3}), ({"days": 30}, {0, 1, 2, 3})]
)
def test_forecasts_go_by_count_and_by_age(
    engine: Engine, forecast: Forecast, series_ids: list[int], limits: Any, kept: set[int]
) -> None:
    fence = leases.acquire(engine, "walkers", leases.LIVE, "the tests", 600)
    for number in range(4):
        forecast(number, series_ids, fence=fence)
    latest = readers.latest_forecasts(engine)
    _prune(engine, fence, forecasts=limits)
    history = readers.forecast_history(engine)
    hours = {int((stamp - START.replace(tzinfo=None)).total_seconds() // 3600) for stamp in history["issued_at"]}
    assert hours == kept
    assert readers.latest_forecasts(engine).equals(latest)
    with reading(engine) as connection:
        assert connection.scalar(text("SELECT count(DISTINCT run_id) FROM forecasts")) == len(kept)
    assert _find(engine, forecasts=limits).forecasts == ()


def test_the_current_forecast_of_a_series_stays_however_old(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    old = forecast(0, series_ids)
    forecast(1, series_ids[:1])
    forecast(2, series_ids[:1])
    _prune(engine, fence, forecasts={"count": 1})
    assert old.id in set(readers.latest_forecasts(engine)["run_id"])
    assert set(readers.latest_forecasts(engine)["unique_id"]) == {"a", "b", "c"}


def test_weights_go_except_those_of_champions_kept_forecasts_and_their_members(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    made = [_retrain(engine, fence, number) for number in range(6)]
    member = models.record(
        engine, fence, made[0].run_id, Training(architecture="cnn", role="candidate", artifact_url="m")
    )
    champion = models.record(
        engine,
        fence,
        made[5].run_id,
        Training(architecture="mean", role="refit", members=[member.id], artifact_url="e"),
    )
    run = runs.begin(engine, fence, "retrain", START + timedelta(hours=9), now=NOW)
    decisions.record(engine, fence, run.id, now=NOW, outcome="promoted", model_id=champion.id, reason="it won")
    found = _find(engine, models={"count": 1})
    assert set(found.models) == {made[0].id, made[1].id, made[2].id, made[3].id}, "two champions to roll back to stay"
    assert member.id not in found.models
    assert set(prune.artifacts(engine, found.models)) == {"0", "1", "2", "3"}
    _prune(engine, fence, models={"count": 1})
    assert models.get(engine, made[0].id).artifact_url is None
    assert models.get(engine, made[0].id).select_loss == 0.5, "what was found stays on record"
    assert models.get(engine, champion.id).artifact_url == "e"


def test_a_file_that_a_kept_model_shares_stays(engine: Engine, fence: Fence) -> None:
    for number in range(5):
        _retrain(engine, fence, number, artifact="same")
    found = _find(engine, models={"count": 1})
    assert found.models
    assert prune.artifacts(engine, found.models) == []


def test_revisions_stay_that_a_kept_forecast_has_seen(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    slot = START + timedelta(hours=5)
    seen = runs.begin(engine, fence, "forecast", slot, now=NOW, lineage=runs.Lineage(data_as_of=slot))
    for hours in (4, 6):
        _revise(engine, series_ids[0], START + timedelta(hours=hours))
    assert _find(engine, revisions={"days": 1}).revisions == 2
    forecast_rows = (
        "INSERT INTO forecast_origins (run_id, series_id, source, reason) VALUES (:run, :series, 'champion', '')"
    )
    with writing(engine) as connection:
        connection.execute(text(forecast_rows), {"run": seen.id, "series": series_ids[0]})
        runs.set_values(connection, seen.id, status="succeeded", published_at=NOW)
    assert _prune(engine, fence, revisions={"days": 1}).revisions == 1
    with reading(engine) as connection:
        left = connection.scalars(select(observation_revisions.c.replaced_at)).all()
    assert left == [START + timedelta(hours=6)]


def test_old_refusals_and_runs_of_which_nothing_is_left_go(engine: Engine, fence: Fence) -> None:
    old, new = (runs.begin(engine, fence, "ingest", START + timedelta(days=day), now=NOW) for day in (0, 2))
    for run in (old, new):
        runs.succeed(engine, fence, run.id, now=NOW)
        row = {"pipeline": "walkers", "source": "csv", "fingerprint": str(run.id), "raw": "{}", "run_id": run.id}
        row |= {"failed_check": "x", "reason": "x", "first_seen": run.slot, "last_seen": run.slot}
        with writing(engine) as connection:
            connection.execute(insert(quarantine).values(**row))
    assert _find(engine, runs={"days": 1}).runs == (), "a refused row still names it"
    assert _prune(engine, fence, quarantine={"days": 1}).quarantine == 1
    assert _prune(engine, fence, runs={"days": 1}).runs == (old.id,)
    assert readers.runs(engine)["id"].tolist() == [new.id]


SPACE = "replay 2024-01-01 1f0c"


def test_a_replay_goes_whole_when_it_was_last_worked_on_too_long_ago(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    kept = forecast(0, series_ids)
    model = _retrain(engine, fence, 0, artifact="shared")
    live = _everything(engine)
    space = leases.acquire(engine, "walkers", SPACE, "a replay", 600)
    forecast(0, series_ids, fence=space)
    _retrain(engine, space, 0, artifact="shared")
    replayed = _retrain(engine, space, 1, artifact="its own")
    _backtest(engine, space, replayed, series_ids[0])
    _score(engine, space, replayed, series_ids[0])
    assert _find(engine, forecasts={"days": 3}).spaces == ()
    assert _find(engine, forecasts={"days": 1}).spaces == (SPACE,)
    assert prune.close_space(engine, space, Limits(days=1), NOW)
    assert track.issued(engine, "walkers", SPACE).empty
    assert prune.artifacts(engine, prune.models_of_space(engine, space)) == ["its own"]
    prune.delete_space(engine, space)
    assert _everything(engine) == live
    assert _find(engine, forecasts={"days": 1}).spaces == ()
    assert kept.id in set(readers.latest_forecasts(engine)["run_id"])
    assert decisions.current(engine, "walkers", leases.LIVE).model_id == model.id  # type: ignore[union-attr]


def test_of_replays_and_backtests_the_newest_stay_by_count(engine: Engine) -> None:
    for hours, space in enumerate(["replay 1", "backtest 2", "replay 3"]):
        fence = leases.acquire(engine, "walkers", space, "the tests", 600)
        runs.begin(engine, fence, "retrain", START, now=START + timedelta(hours=hours))
    assert _find(engine, forecasts={"count": 2}).spaces == ("replay 1",)
    assert _find(engine, models={"count": 1}, runs={"days": 1}).spaces == ()


def test_a_replay_that_is_begun_again_before_its_rows_are_gone_begins_anew(engine: Engine) -> None:
    space = leases.acquire(engine, "walkers", SPACE, "the tests", 600)
    made = _retrain(engine, space, 0)
    assert not prune.close_space(engine, space, Limits(days=3), NOW), "worked on since it was found"
    assert runs.begin(engine, space, "retrain", START, now=START).done
    assert prune.close_space(engine, space, Limits(days=1), NOW)
    run = runs.begin(engine, space, "retrain", START, now=NOW)
    assert (run.id, run.done) == (made.run_id, False)
    assert decisions.of_run(engine, run.id) is None


def test_a_prune_that_lost_its_lease_deletes_nothing(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    for number in range(3):
        forecast(number, series_ids)
    found = _find(engine, forecasts={"count": 1})
    leases.release(engine, fence)
    leases.acquire(engine, "walkers", leases.LIVE, "another", 60)
    with pytest.raises(LeaseLost):
        prune.delete_references(engine, fence, found)
    assert len(readers.forecast_history(engine)) == 27


def test_a_range_that_became_empty_is_dropped_whole(postgresql_database_url: str) -> None:
    engine = connect(postgresql_database_url)
    fence = leases.acquire(engine, "walkers", leases.LIVE, "the tests", 600)
    run = runs.begin(engine, fence, "forecast", START, now=START)
    partitions.make_room(engine, forecasts, run.id)
    assert prune.drop_whole_ranges(engine) == [], "a run is at work in it"
    runs.fail(engine, fence, run.id, now=START, error="killed")
    assert prune.drop_whole_ranges(engine) == [], "its ids are not used up"
    with writing(engine) as connection:
        connection.execute(update(runs_table).values(id=5_000))
    assert prune.drop_whole_ranges(engine) == ["forecasts_0"]
    with reading(engine) as connection:
        assert partitions.ranges(connection, forecasts) == []
    engine.dispose()


def test_what_waits_in_the_default_gets_its_range(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    run = forecast(0, series_ids)
    prune.make_ranges(engine)
    with reading(engine) as connection:
        made = partitions.ranges(connection, forecasts)
        if connection.dialect.name == "postgresql":
            assert made[0].first <= run.id < made[0].end
            assert connection.scalar(text("SELECT count(*) FROM forecasts_default")) == 0
    assert len(readers.latest_forecasts(engine)) == 9


def _retrain(engine: Engine, fence: Fence, number: int, artifact: str | None = None) -> models.ModelRow:
    run = runs.begin(engine, fence, "retrain", START + timedelta(hours=number), now=START)
    values = {"select_loss": 0.5, "artifact_url": artifact or str(number)}
    made = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate", **values))
    decisions.record(engine, fence, run.id, now=START, outcome="promoted", model_id=made.id, reason="it won")
    return made


def _revise(engine: Engine, series_id: int, replaced_at: datetime) -> None:
    row = {"series_id": series_id, "ds": START, "replaced_at": replaced_at, "y": 1.0, "recorded_at": START}
    with writing(engine) as connection:
        connection.execute(insert(observation_revisions).values(**row, available_at=START, run_id=1))


def _backtest(engine: Engine, fence: Fence, model: models.ModelRow, series_id: int) -> None:
    rows = pd.DataFrame({"series_id": [series_id], "cutoff": [pd.Timestamp("2024-01-01")], "y_hat": 1.0})
    rows = rows.assign(ds=rows["cutoff"], lo_80=1.0, hi_80=1.0, lo_95=1.0, hi_95=1.0)
    backtests.write(engine, fence, model.id, rows)


def _score(engine: Engine, fence: Fence, model: models.ModelRow, series_id: int) -> None:
    cutoff = np.array(["2024-01-01"], dtype="M8[us]")
    scored = {"series_id": np.array([series_id]), "cutoff": cutoff, "value": np.ones(1)}
    models.score(engine, fence, model.id, **scored, select_loss=1.0)


def _everything(engine: Engine) -> dict[str, list[str]]:
    """Every row, except those of leases, which stay for their tokens."""
    tables = [table for table in metadata.sorted_tables if table.name != "leases"]
    with reading(engine) as connection:
        return {table.name: sorted(map(repr, connection.execute(table.select()).all())) for table in tables}
