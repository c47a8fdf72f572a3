from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, func, select

from tsflow.errors import LeaseLost, StoreError
from tsflow.store import forecasts, models, readers, runs
from tsflow.store.engine import reading, writing
from tsflow.store.forecasts import Origin
from tsflow.store.leases import LIVE, Fence, acquire
from tsflow.store.schema import forecast_heads, forecast_origins, series
from tsflow.store.schema import forecasts as table
from tsflow.store.schema import runs as runs_table

START = datetime(2024, 1, 1, tzinfo=UTC)
Forecast = Callable[..., runs.Run]


def test_a_shard_is_seen_only_once_it_is_published(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(0, series_ids, publish=False)
    assert readers.latest_forecasts(engine).empty
    assert readers.forecast_history(engine).empty
    published = forecasts.publish(engine, fence, run.id, START)
    assert (published.status, published.published_at) == ("succeeded", START)
    latest = readers.latest_forecasts(engine)
    assert latest["unique_id"].tolist() == ["a"] * 3 + ["b"] * 3 + ["c"] * 3
    assert latest["lead"].tolist() == [1, 2, 3] * 3
    assert latest["ds"].iloc[0] == pd.Timestamp("2024-01-01 00:00")


def test_publishing_again_changes_nothing(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(0, series_ids)
    assert forecasts.publish(engine, fence, run.id, START + timedelta(days=9)) == run


def test_a_shard_written_again_replaces_only_its_series(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(0, series_ids, value=10.0, publish=False)
    with reading(engine) as connection:
        rows = pd.DataFrame(connection.execute(select(table)).all()).drop(columns="run_id")
    rows["ds"] = rows["ds"].dt.tz_localize(None)
    mine = rows[rows["series_id"] == series_ids[0]].head(2)
    forecasts.write_shard(engine, fence, run.id, mine.assign(y_hat=10.5))
    forecasts.publish(engine, fence, run.id, START)
    values = readers.latest_forecasts(engine).groupby("unique_id")["y_hat"].apply(list).to_dict()
    assert values == {"a": [10.5] * 2, "b": [10.0] * 3, "c": [10.0] * 3}


def test_what_is_published_is_never_rewritten(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(0, series_ids)
    empty = pd.DataFrame({name: [] for name in ("series_id", "ds", "lead", *forecasts.VALUES)})
    with pytest.raises(StoreError, match="published"):
        forecasts.write_shard(engine, fence, run.id, empty.assign(ds=pd.to_datetime(empty["ds"])))
    with pytest.raises(StoreError, match="published"):
        forecasts.write_origins(engine, fence, run.id, [])


def test_a_missing_shard_stops_the_publishing(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(0, series_ids, publish=False)
    with writing(engine) as connection:
        connection.execute(delete(table).where(table.c.series_id == series_ids[1]))
    with pytest.raises(StoreError, match="1 series have no forecast rows"):
        forecasts.publish(engine, fence, run.id, START)
    assert readers.latest_forecasts(engine).empty
    assert runs.get(engine, run.id).published_at is None


def test_a_backfill_does_not_move_heads_back(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    newer = forecast(5, series_ids)
    older = forecast(2, series_ids)
    assert set(readers.latest_forecasts(engine)["run_id"]) == {newer.id}
    assert set(readers.forecast_history(engine)["run_id"]) == {older.id, newer.id}


def test_a_series_that_a_newer_run_left_out_keeps_its_forecast(
    engine: Engine, forecast: Forecast, series_ids: list[int]
) -> None:
    older = forecast(1, series_ids)
    newer = forecast(2, series_ids[:2])
    heads = readers.latest_forecasts(engine).groupby("unique_id")["run_id"].first().to_dict()
    assert heads == {"a": newer.id, "b": newer.id, "c": older.id}


def test_a_forced_run_of_the_same_slot_takes_over_when_it_publishes(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    first = forecast(1, series_ids, value=1.0)
    forced = runs.begin(engine, fence, "forecast", first.slot, now=START, force=True)
    assert set(readers.latest_forecasts(engine)["run_id"]) == {first.id}
    assert forecast(1, series_ids, value=2.0).id == forced.id
    assert set(readers.latest_forecasts(engine)["y_hat"]) == {2.0}


def test_a_replay_never_becomes_current(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    replay = acquire(engine, "walkers", "replay-1", "the tests", 600)
    live = forecast(1, series_ids)
    forecast(2, series_ids, fence=replay)
    assert set(readers.latest_forecasts(engine)["run_id"]) == {live.id}
    assert set(readers.forecast_history(engine)["run_id"]) == {live.id}


def test_an_ended_series_loses_its_forecast_until_it_resumes(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    forecast(1, series_ids)
    unpublished = forecast(2, series_ids[:2], publish=False)
    ended = Origin(series_id=series_ids[2], cutoff=START, model_id=None, source="none", reason="ended")
    forecasts.write_origins(engine, fence, unpublished.id, [ended])
    forecasts.publish(engine, fence, unpublished.id, START)
    assert set(readers.latest_forecasts(engine)["unique_id"]) == {"a", "b"}
    assert _ended(engine) == ["c"]
    forecast(3, series_ids)
    assert set(readers.latest_forecasts(engine)["unique_id"]) == {"a", "b", "c"}
    assert _ended(engine) == []


def test_a_series_never_observed_has_a_reason_and_has_not_ended(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(1, series_ids[:2], publish=False)
    silent = Origin(series_id=series_ids[2], cutoff=None, model_id=None, source="none", reason="no observation")
    forecasts.write_origins(engine, fence, run.id, [silent])
    forecasts.publish(engine, fence, run.id, START)
    assert set(readers.latest_forecasts(engine)["unique_id"]) == {"a", "b"}
    assert _ended(engine) == []
    with reading(engine) as connection:
        reason = select(forecast_origins.c.reason).where(forecast_origins.c.series_id == series_ids[2])
        assert connection.scalar(reason) == "no observation"


def test_a_run_that_lost_its_lease_publishes_nothing(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(1, series_ids, publish=False)
    acquire(engine, "walkers", LIVE, "the tests", 600)
    with pytest.raises(LeaseLost):
        forecasts.publish(engine, fence, run.id, START)
    assert readers.latest_forecasts(engine).empty
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(forecast_heads)) == 0


Step = tuple[str, int]
STEPS = st.lists(st.tuples(st.sampled_from(["write", "publish", "take over", "force"]), st.integers(0, 4)), max_size=12)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_heads_never_move_backwards_whatever_runs_and_takes_over(
    engine: Engine, fence: Fence, series_ids: list[int], steps: list[Step]
) -> None:
    """Two workers take the lease from each other and publish slots in any order, each when it likes."""
    _forget_all(engine)
    workers = [acquire(engine, "walkers", LIVE, "the tests", 600)] * 2
    current = None
    for step, number in steps:
        worker = number % 2
        if step == "take over":
            workers[worker] = acquire(engine, "walkers", LIVE, "the tests", 600)
            continue
        lost = workers[worker].token < max(held.token for held in workers)
        try:
            _forecast_slot(engine, workers[worker], number, series_ids, publish=step != "write", force=step == "force")
        except LeaseLost:
            assert lost
        else:
            assert not lost
        head = _head(engine)
        assert current is None or (head is not None and head >= current)
        current = head
        published = _published(engine)
        assert head == (max(published) if published else None)


def _forecast_slot(
    engine: Engine, fence: Fence, number: int, series_ids: list[int], *, publish: bool, force: bool
) -> None:
    slot = START + timedelta(hours=number)
    run = runs.begin(engine, fence, "forecast", slot, now=START, force=force)
    if run.done:
        return
    model = models.record(engine, fence, run.id, models.Training(architecture="gru", role="candidate"))
    values = dict.fromkeys(forecasts.VALUES, float(number))
    rows = pd.DataFrame([{"series_id": series_ids[0], "ds": slot.replace(tzinfo=None), "lead": 1, **values}])
    origin = Origin(series_id=series_ids[0], cutoff=slot, model_id=model.id, source="champion", reason="won")
    forecasts.write_shard(engine, fence, run.id, rows)
    forecasts.write_origins(engine, fence, run.id, [origin])
    if publish:
        forecasts.publish(engine, fence, run.id, START)


def _head(engine: Engine) -> datetime | None:
    slot = select(runs_table.c.slot).join(forecast_heads, forecast_heads.c.run_id == runs_table.c.id)
    with reading(engine) as connection:
        return connection.scalar(slot)


def _published(engine: Engine) -> list[datetime]:
    with reading(engine) as connection:
        slots = select(runs_table.c.slot).where(runs_table.c.published_at.is_not(None))
        return list(connection.scalars(slots))


def _forget_all(engine: Engine) -> None:
    with writing(engine) as connection:
        for name in (forecast_heads, forecast_origins, table):
            connection.execute(delete(name))
        connection.execute(delete(models.schema.models))
        connection.execute(delete(runs_table))


def _ended(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        return list(connection.scalars(select(series.c.unique_id).where(series.c.ended)))
