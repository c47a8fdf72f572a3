from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, func, select

from tsflow.errors import ConfigError, LeaseLost, StoreError
from tsflow.store import runs
from tsflow.store.engine import reading
from tsflow.store.leases import LIVE, Fence, acquire
from tsflow.store.schema import forecasts

SLOT = datetime(2024, 1, 1, tzinfo=UTC)
NOW = datetime(2024, 1, 1, 0, 1, tzinfo=UTC)


def test_a_run_is_remembered_with_its_lineage(engine: Engine, fence: Fence) -> None:
    begun = runs.begin(
        engine, fence, "ingest", SLOT, now=NOW, lineage=runs.Lineage(data_as_of=NOW, config_digest="abc")
    )
    run = runs.succeed(engine, fence, begun.id, now=NOW, report={"rows_read": 3})
    assert (run.status, run.attempt, run.slot, run.data_as_of) == ("succeeded", 1, SLOT, NOW)
    assert (run.config_digest, run.data_digest) == ("abc", None)
    assert run.report == {"rows_read": 3}
    assert runs.get(engine, run.id) == run == runs.find(engine, "walkers", "ingest", SLOT, LIVE)


def test_a_retry_reuses_the_row_and_forgets_the_error(engine: Engine, fence: Fence) -> None:
    first = runs.begin(engine, fence, "ingest", SLOT, now=NOW)
    assert runs.fail(engine, fence, first.id, now=NOW, error="no network").error == "no network"
    again = runs.begin(engine, fence, "ingest", SLOT, now=NOW)
    assert (again.id, again.uuid, again.attempt) == (first.id, first.uuid, 2)
    assert (again.status, again.error, again.finished_at, again.done) == ("running", None, None, False)


def test_a_killed_run_is_begun_again_without_its_unseen_forecasts(
    engine: Engine, forecast: Callable[..., runs.Run], fence: Fence, series_ids: list[int]
) -> None:
    forecast(1, series_ids, publish=False)
    runs.begin(engine, fence, "forecast", SLOT + timedelta(hours=1), now=NOW)
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(forecasts)) == 0


def test_a_succeeded_run_is_done_and_stays_as_it_is(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "ingest", SLOT, now=NOW)
    succeeded = runs.succeed(engine, fence, run.id, now=NOW)
    again = runs.begin(engine, fence, "ingest", SLOT, now=NOW + timedelta(hours=1))
    assert again.done
    assert again.started_at == NOW
    assert runs.fail(engine, fence, run.id, now=NOW, error="too late") == succeeded


def test_a_forced_run_is_one_of_its_own(engine: Engine, fence: Fence) -> None:
    first = runs.succeed(engine, fence, runs.begin(engine, fence, "retrain", SLOT, now=NOW).id, now=NOW)
    forced = runs.begin(engine, fence, "retrain", SLOT, now=NOW, force=True)
    assert forced.id != first.id
    assert not forced.done
    assert runs.begin(engine, fence, "retrain", SLOT, now=NOW, force=True).id == forced.id
    assert runs.get(engine, first.id) == first
    assert runs.latest(engine, "walkers", "retrain", LIVE) == first


def test_a_skipped_slot_says_why_with_all_that_had_begun(engine: Engine, fence: Fence) -> None:
    ingest = runs.begin(engine, fence, "ingest", SLOT, now=NOW)
    runs.succeed(engine, fence, ingest.id, now=NOW)
    retrain = runs.begin(engine, fence, "retrain", SLOT, now=NOW)
    skipped = runs.skip_slot(engine, fence, SLOT, now=NOW, reason="stale")
    found = [runs.get(engine, number) for number in (ingest.id, retrain.id, skipped)]
    assert [(run.kind, run.status, run.error) for run in found] == [
        ("ingest", "succeeded", None),
        ("retrain", "skipped", "stale"),
        ("forecast", "skipped", "stale"),
    ]
    assert runs.skip_slot(engine, fence, SLOT, now=NOW, reason="again") == skipped
    assert runs.get(engine, skipped).error == "stale"
    assert not runs.begin(engine, fence, "forecast", SLOT, now=NOW).done


def test_runs_of_older_slots_that_were_killed_are_closed(engine: Engine, fence: Fence) -> None:
    killed, present = (runs.begin(engine, fence, "ingest", slot, now=NOW) for slot in (SLOT, SLOT + timedelta(hours=1)))
    runs.close_dead(engine, fence, present.slot, now=NOW)
    assert (runs.get(engine, killed.id).status, runs.get(engine, present.id).status) == ("failed", "running")


def test_kinds_slots_and_spaces_are_runs_of_their_own(engine: Engine, fence: Fence) -> None:
    replay = acquire(engine, "walkers", "replay-1", "the tests", 600)
    begun = {
        runs.begin(engine, right, kind, moment, now=NOW).id
        for right in (fence, replay)
        for kind in ("ingest", "forecast")
        for moment in (SLOT, SLOT + timedelta(hours=1))
    }
    assert len(begun) == 8


def test_the_latest_run_is_of_the_newest_slot_that_succeeded(engine: Engine, fence: Fence) -> None:
    assert runs.latest(engine, "walkers", "ingest", LIVE) is None
    for hours in (2, 1):
        run = runs.begin(engine, fence, "ingest", SLOT + timedelta(hours=hours), now=NOW)
        runs.succeed(engine, fence, run.id, now=NOW)
    runs.begin(engine, fence, "ingest", SLOT + timedelta(hours=3), now=NOW)
    newest = runs.latest(engine, "walkers", "ingest", LIVE)
    assert newest is not None
    assert newest.slot == SLOT + timedelta(hours=2)


def test_a_run_without_its_lease_writes_nothing(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "ingest", SLOT, now=NOW)
    acquire(engine, "walkers", LIVE, "the tests", 600)
    with pytest.raises(LeaseLost):
        runs.succeed(engine, fence, run.id, now=NOW)
    with pytest.raises(LeaseLost):
        runs.begin(engine, fence, "forecast", SLOT, now=NOW)
    assert runs.get(engine, run.id).status == "running"


def test_a_run_that_does_not_exist_is_an_error(engine: Engine, fence: Fence) -> None:
    with pytest.raises(ConfigError, match="no run 99"):
        runs.get(engine, 99)
    with pytest.raises(StoreError, match="no run 99"):
        runs.succeed(engine, fence, 99, now=NOW)
