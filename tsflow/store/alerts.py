"""Alerts that were raised: so that each is told once, and readers find what was told."""

from datetime import datetime

from sqlalchemy import Engine, insert, select

from tsflow.store.engine import reading, writing
from tsflow.store.schema import alerts


def record(engine: Engine, *, pipeline: str, kind: str, message: str, slot: datetime | None, now: datetime) -> None:
    """Write down that an alert was told; it belongs to no slot's work, so it needs no lease."""
    with writing(engine) as connection:
        values = {"pipeline": pipeline, "kind": kind, "slot": slot, "message": message, "raised_at": now}
        connection.execute(insert(alerts).values(**values))


def known(engine: Engine, pipeline: str, kind: str, slot: datetime) -> bool:
    """Whether an alert of this kind, pipeline and slot was told before."""
    same = select(alerts.c.id).filter_by(pipeline=pipeline, kind=kind, slot=slot)
    with reading(engine) as connection:
        return connection.execute(same.limit(1)).first() is not None
