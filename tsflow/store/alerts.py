"""Alerts that were raised: so that each channel is told once, and readers find what was told."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Engine, insert, select, update

from tsflow.store.engine import reading, writing
from tsflow.store.schema import alerts


def record(
    engine: Engine,
    *,
    pipeline: str,
    kind: str,
    message: str,
    slot: datetime | None,
    unheard: Sequence[str],
    now: datetime,
) -> None:
    """Write down that an alert was told, and which channels it has not reached; raised again, only the latter.

    It belongs to no slot's work, so it needs no lease.
    """
    same = {"pipeline": pipeline, "kind": kind, "slot": slot}
    with writing(engine) as connection:
        known = update(alerts).filter_by(**same).values(unheard=list(unheard))
        if slot is None or not connection.execute(known).rowcount:
            new = {**same, "message": message, "raised_at": now, "unheard": list(unheard)}
            connection.execute(insert(alerts).values(**new))


def unheard(engine: Engine, pipeline: str, kind: str, slot: datetime) -> list[str] | None:
    """The channels that an alert of this kind, pipeline and slot has not reached; none if it was not raised before."""
    same = select(alerts.c.unheard).filter_by(pipeline=pipeline, kind=kind, slot=slot)
    with reading(engine) as connection:
        names: list[str] | None = connection.scalar(same.limit(1))
    return names


def raised_since(engine: Engine, pipeline: str, moment: datetime) -> list[tuple[str, str]]:
    """Kind and message of a pipeline's alerts that were first raised at a moment or later, in that order."""
    mine = select(alerts.c.kind, alerts.c.message).filter_by(pipeline=pipeline).where(alerts.c.raised_at >= moment)
    with reading(engine) as connection:
        return list(connection.execute(mine.order_by(alerts.c.raised_at, alerts.c.id)).tuples())
