import pickle
import threading
import time

import pytest
from sqlalchemy import Engine, insert, select, update

from tsflow.errors import LeaseHeld, LeaseLost
from tsflow.store.engine import reading, writing
from tsflow.store.leases import LIVE, acquire, check, fenced, hold, release, renew
from tsflow.store.schema import leases, timezone_offsets


def test_a_held_lease_is_refused_with_its_holder(engine: Engine) -> None:
    acquire(engine, "sales", LIVE, "worker-1", 60)
    with pytest.raises(LeaseHeld, match="worker-1") as caught:
        acquire(engine, "sales", LIVE, "worker-2", 60)
    assert caught.value.transient


def test_leases_of_other_pipelines_and_spaces_are_apart(engine: Engine) -> None:
    fences = {acquire(engine, name, space, "a", 60) for name in ("x", "y") for space in (LIVE, "replay-1")}
    assert len(fences) == 4


def test_a_lapsed_lease_is_taken_over_and_the_former_holder_cannot_write(engine: Engine) -> None:
    former = acquire(engine, "sales", LIVE, "worker-1", -1)
    successor = acquire(engine, "sales", LIVE, "worker-2", 60)
    assert successor.token == former.token + 1
    with pytest.raises(LeaseLost, match="sales"), fenced(engine, former) as connection:
        connection.execute(insert(timezone_offsets).values(timezone="X", seconds=0))
    with pytest.raises(LeaseLost):
        renew(engine, former, 60)
    with writing(engine) as connection:
        check(connection, successor)
    with reading(engine) as connection:
        assert connection.execute(select(timezone_offsets)).all() == []


def test_a_lapsed_lease_that_nobody_took_is_still_good(engine: Engine) -> None:
    fence = acquire(engine, "sales", LIVE, "worker-1", -1)
    with fenced(engine, fence) as connection:
        assert connection.in_transaction()


def test_the_same_holder_takes_its_lease_over_at_once(engine: Engine) -> None:
    killed = acquire(engine, "sales", LIVE, "flow-run-1", 60)
    again = acquire(engine, "sales", LIVE, "flow-run-1", 60)
    assert again.token == killed.token + 1


def test_a_released_lease_is_free(engine: Engine) -> None:
    release(engine, acquire(engine, "sales", LIVE, "worker-1", 60))
    assert acquire(engine, "sales", LIVE, "worker-2", 60).token == 2


def test_releasing_a_lost_lease_leaves_the_new_holder_alone(engine: Engine) -> None:
    former = acquire(engine, "sales", LIVE, "worker-1", -1)
    acquire(engine, "sales", LIVE, "worker-2", 60)
    release(engine, former)
    with pytest.raises(LeaseHeld, match="worker-2"):
        acquire(engine, "sales", LIVE, "worker-3", 60)


def test_hold_renews_and_gives_back(engine: Engine) -> None:
    with hold(engine, "sales", LIVE, "worker-1", seconds=0.2):
        first = _expiry(engine)
        deadline = time.monotonic() + 30
        while _expiry(engine) == first and time.monotonic() < deadline:
            time.sleep(0.02)
        assert _expiry(engine) > first
    assert acquire(engine, "sales", LIVE, "worker-2", 60).token == 2


def test_hold_gives_back_after_an_error(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), hold(engine, "sales", LIVE, "worker-1"):
        raise ZeroDivisionError
    acquire(engine, "sales", LIVE, "worker-2", 60)


def test_the_heart_stops_when_the_lease_is_lost(engine: Engine) -> None:
    with hold(engine, "sales", LIVE, "worker-1", seconds=0.1) as fence:
        with writing(engine) as connection:
            connection.execute(update(leases).values(token=fence.token + 1, holder="worker-2"))
        deadline = time.monotonic() + 30
        while _beating() and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not _beating()
        with pytest.raises(LeaseLost), fenced(engine, fence):
            pass
    with reading(engine) as connection:
        assert connection.scalar(select(leases.c.holder)) == "worker-2"


def test_only_one_of_many_gets_the_lease(engine: Engine) -> None:
    outcomes: list[str] = []

    def try_it(holder: str) -> None:
        try:
            acquire(engine, "sales", LIVE, holder, 60)
            outcomes.append("held")
        except LeaseHeld:
            outcomes.append("refused")

    threads = [threading.Thread(target=try_it, args=(f"worker-{number}",)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["held"] + ["refused"] * 7


def test_a_fence_travels_to_other_processes(engine: Engine) -> None:
    fence = acquire(engine, "sales", LIVE, "worker-1", 60)
    assert pickle.loads(pickle.dumps(fence)) == fence


def _expiry(engine: Engine):
    with reading(engine) as connection:
        return connection.scalar(select(leases.c.expires_at))


def _beating() -> bool:
    return any(thread.name == "tsflow-lease" for thread in threading.enumerate())
