"""Pipelines: what the readers' views need to know of each one's settings."""

from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import Connection, Engine, delete, insert, select, update

from tsflow import config
from tsflow.frequency import Frequency
from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import pipelines, timezone_offsets
from tsflow.store.upsert import upsert

_FIRST, _LAST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
_TIMED = ("frequency", "timezone", "clock", "schedule")
_WEEK = timedelta(days=7)  # no zone ever changed its offset and changed it back within a week


def register(
    engine: Engine, fence: Fence, pipeline: config.Pipeline, *, now: datetime, due_at: datetime | None
) -> bool:
    """Write down the settings of the fence's pipeline; returns whether they had changed.

    Args:
        engine: The database.
        fence: The right to write.
        pipeline: The settings.
        now: By the wall clock.
        due_at: When its next slot is due, written where the schedule is new; later it is moved by publishing.

    Raises:
        LeaseLost: If another run took over.
    """
    settings = _settings(fence.pipeline, pipeline)
    mine = pipelines.c.name == fence.pipeline
    with reading(engine) as connection:
        known = connection.execute(select(*(pipelines.c[name] for name in settings)).where(mine)).one_or_none()
    if known is not None and dict(known._mapping) == settings:
        return False
    rescheduled = known is None or any(known._mapping[name] != settings[name] for name in _TIMED)
    values = {**settings, "updated_at": now} | ({"due_at": due_at} if rescheduled else {})
    with fenced(engine, fence) as connection:
        connection.execute(
            insert(pipelines).values(values) if known is None else update(pipelines).values(values).where(mine)
        )
        _write_offsets(connection, pipeline.timezone)
    return True


def set_due(connection: Connection, name: str, due_at: datetime | None) -> None:
    """Note when a pipeline's next slot is due, in a fenced transaction of the caller's."""
    connection.execute(update(pipelines).where(pipelines.c.name == name).values(due_at=due_at))


@cache
def timezone_changes(zone: ZoneInfo) -> tuple[tuple[datetime, int], ...]:
    """From when (UTC) which offset in seconds holds, ascending, up to the year 2100.

    >>> timezone_changes(ZoneInfo("UTC"))
    ((datetime.datetime(1, 1, 1, 0, 0, tzinfo=datetime.timezone.utc), 0),)
    """
    offset = _offset(_FIRST, zone)
    changes = [(datetime(1, 1, 1, tzinfo=UTC), offset)]
    moment = _FIRST
    while moment < _LAST:
        following = _offset(moment + _WEEK, zone)
        if following != offset:
            offset = following
            changes.append((_change(moment, moment + _WEEK, zone), offset))
        moment += _WEEK
    return tuple(changes)


def _settings(name: str, pipeline: config.Pipeline) -> dict[str, Any]:
    grid = pipeline.grid
    return {
        "name": name,
        "frequency": pipeline.frequency,
        "season_length": pipeline.shape.season_length,
        "horizon": pipeline.horizon,
        "calendar": grid.is_calendar,
        "step_seconds": _step_seconds(grid),
        "timezone": pipeline.timezone,
        "clock": pipeline.clock,
        "schedule": pipeline.schedule,
        "late_after": pipeline.alerts.late_after,
    }


def _step_seconds(grid: Frequency) -> float:
    """The mean length of a step: over 4,800 steps, so that months and leap years even out."""
    first, last = grid.timestamp(np.array([0, 4_800]))
    return float((last - first) / np.timedelta64(1, "s") / 4_800)


def _write_offsets(connection: Connection, name: str) -> None:
    """Pipelines of a zone share its rows, and no lease keeps them apart: the first row, written first, does."""
    offsets = timezone_offsets.c
    mine = offsets.timezone == name
    changes = dict(timezone_changes(ZoneInfo(name)))
    if dict(connection.execute(select(offsets.starts_at, offsets.seconds).where(mine)).tuples().all()) == changes:
        return
    into = upsert(connection, timezone_offsets)
    connection.execute(
        into.on_conflict_do_update(
            index_elements=list(timezone_offsets.primary_key), set_={"seconds": into.excluded.seconds}
        ),
        [{"timezone": name, "starts_at": start, "seconds": seconds} for start, seconds in changes.items()],
    )
    connection.execute(delete(timezone_offsets).where(mine, offsets.starts_at.not_in(changes)))


def _offset(moment: datetime, zone: ZoneInfo) -> int:
    offset = moment.astimezone(zone).utcoffset()
    assert offset is not None
    return round(offset.total_seconds())


def _change(before: datetime, after: datetime, zone: ZoneInfo) -> datetime:
    """The second at which the offset changes, by bisection."""
    old = _offset(before, zone)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=(after - before) // timedelta(seconds=2))
        before, after = (middle, after) if _offset(middle, zone) == old else (before, middle)
    return after
