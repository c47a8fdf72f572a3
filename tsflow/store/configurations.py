"""Configurations: the settings that runs had, kept once for each fingerprint."""

from datetime import datetime
from typing import Any

from sqlalchemy import Engine, select

from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import configurations
from tsflow.store.upsert import upsert


def keep(engine: Engine, fence: Fence, digest: str, settings: dict[str, Any], *, now: datetime) -> None:
    """Write the settings of the fence's pipeline down, if they are not yet.

    Raises:
        LeaseLost: If another run took over.
    """
    if read(engine, fence.pipeline, digest) is not None:
        return
    with fenced(engine, fence) as connection:
        row = {"pipeline": fence.pipeline, "digest": digest, "settings": settings, "first_used_at": now}
        connection.execute(upsert(connection, configurations).values(**row).on_conflict_do_nothing())


def read(engine: Engine, pipeline: str, digest: str) -> dict[str, Any] | None:
    """The settings of a fingerprint; none if they were never written down."""
    wanted = select(configurations.c.settings).filter_by(pipeline=pipeline, digest=digest)
    with reading(engine) as connection:
        settings: dict[str, Any] | None = connection.scalars(wanted).one_or_none()
    return settings
