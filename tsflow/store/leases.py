"""Leases: who may write for a pipeline now, and the fence that stops everyone who no longer may."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Select, Update, select, update

from tsflow.errors import DatabaseUnavailable, LeaseHeld, LeaseLost
from tsflow.store.engine import clock, writing
from tsflow.store.schema import leases
from tsflow.store.upsert import upsert

LIVE = "live"
"""The space of real runs; a replay has its own."""


@dataclass(frozen=True)
class Fence:
    """The right to write for a pipeline and space until someone takes over; other processes may use it."""

    pipeline: str
    space: str
    token: int


def acquire(engine: Engine, pipeline: str, space: str, holder: str, seconds: float) -> Fence:
    """Take the lease for ``seconds`` by the database's clock.

    A lapsed lease is taken over, and so is one of the same holder (a run that was killed and started again);
    either way the token grows, which stops the former holder's writes.

    Raises:
        LeaseHeld: If another holder's lease has not lapsed, with who and until when.
    """
    with writing(engine) as connection:
        free = upsert(connection, leases).values(pipeline=pipeline, space=space, token=0)
        connection.execute(free.on_conflict_do_nothing())
        row = connection.execute(_row(pipeline, space).with_for_update()).one()
        now = clock(connection)
        if row.holder not in (None, holder) and row.expires_at > now:
            raise LeaseHeld(
                f"pipeline {pipeline!r} ({space}) is being worked on by {row.holder}, whose lease lasts "
                f"until {row.expires_at:%Y-%m-%d %H:%M:%S} UTC; wait for it to end, or to lapse if it is dead"
            )
        fence = Fence(pipeline, space, row.token + 1)
        expiry = now + timedelta(seconds=seconds)
        connection.execute(_set(fence, token=fence.token, holder=holder, expires_at=expiry))
    return fence


def check(connection: Connection, fence: Fence) -> None:
    """Lock the lease and compare its token: the first statement of every write transaction.

    The lock lasts until the transaction ends, so nobody can take over in the middle of it. A lease that
    lapsed and that nobody took over is still good.

    Raises:
        LeaseLost: If someone took over.
    """
    # An UPDATE, for it takes the lock on both databases; SQLite knows no SELECT ... FOR UPDATE.
    locked = connection.execute(_set(fence, pipeline=fence.pipeline).where(leases.c.token == fence.token))
    if locked.rowcount != 1:
        raise LeaseLost(
            f"pipeline {fence.pipeline!r} ({fence.space}): the lease lapsed and another run took over, so "
            "this run wrote nothing more; nothing needs to be done, the other run goes on"
        )


@contextmanager
def fenced(engine: Engine, fence: Fence) -> Iterator[Connection]:
    """A write transaction that only the holder of the lease can make.

    Raises:
        LeaseLost: If someone took over.
    """
    with writing(engine) as connection:
        check(connection, fence)
        yield connection


def renew(engine: Engine, fence: Fence, seconds: float) -> None:
    """Make the lease last ``seconds`` from now.

    Raises:
        LeaseLost: If someone took over.
    """
    with fenced(engine, fence) as connection:
        expiry = clock(connection) + timedelta(seconds=seconds)
        connection.execute(_set(fence, expires_at=expiry))


def release(engine: Engine, fence: Fence) -> None:
    """Give the lease back; nothing happens if someone took over. The fence is good until the next holder."""
    with writing(engine) as connection:
        connection.execute(_set(fence, holder=None, expires_at=None).where(leases.c.token == fence.token))


@contextmanager
def hold(engine: Engine, pipeline: str, space: str, holder: str, seconds: float = 120.0) -> Iterator[Fence]:
    """Hold the lease for a block: a thread renews it, and it is given back at the end; if it cannot be, it lapses.

    Raises:
        LeaseHeld: If another holder is at work.
    """
    fence = acquire(engine, pipeline, space, holder, seconds)
    ended = threading.Event()
    heart = threading.Thread(target=_beat, args=(engine, fence, seconds, ended), daemon=True, name="tsflow-lease")
    heart.start()
    try:
        yield fence
    finally:
        ended.set()
        heart.join()
        with suppress(DatabaseUnavailable):
            release(engine, fence)


def _beat(engine: Engine, fence: Fence, seconds: float, ended: threading.Event) -> None:
    while not ended.wait(seconds / 4):
        try:
            renew(engine, fence, seconds)
        except DatabaseUnavailable:
            continue  # a long write of our own holds SQLite's lock: as long as it does, nobody can take over
        except LeaseLost:
            return  # the next write of this run finds out


def _row(pipeline: str, space: str) -> Select[Any]:
    return select(leases).where(leases.c.pipeline == pipeline, leases.c.space == space)


def _set(fence: Fence, **values: object) -> Update:
    mine = (leases.c.pipeline == fence.pipeline) & (leases.c.space == fence.space)
    return update(leases).where(mine).values(**values)
