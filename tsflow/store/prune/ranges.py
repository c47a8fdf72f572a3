"""Ranges of the partitioned tables: dropped where they have become empty, made where they are due."""

from sqlalchemy import Engine, func, select

from tsflow.store import partitions
from tsflow.store.engine import reading, writing
from tsflow.store.schema import forecast_origins, forecasts, observations, runs, series

_NUMBERED = {forecasts: runs.c.id, observations: series.c.id}
"""Partitioned tables and what numbers their ranges."""


def drop_whole_ranges(engine: Engine) -> list[str]:
    """Drop the ranges of `forecasts` in which no run has an origin any more; returns their names.

    Only of runs that are over: one at work writes its rows before their origins.

    Raises:
        DatabaseUnavailable: If a reader's open transaction holds one; the next prune tries again.
    """
    dropped = []
    with reading(engine) as connection:
        known = partitions.ranges(connection, forecasts)
    for one in known:
        inside = (runs.c.id >= one.first) & (runs.c.id < one.end)
        at_work = select(runs.c.id).where(inside, runs.c.kind == "forecast", runs.c.published_at.is_(None))
        shown = select(forecast_origins.c.run_id).where(
            forecast_origins.c.run_id >= one.first, forecast_origins.c.run_id < one.end
        )
        with writing(engine) as connection:
            newest = connection.scalar(select(func.max(runs.c.id))) or 0
            busy = connection.execute(at_work.where(runs.c.status == "running").limit(1)).first()
            if newest < one.end or busy or connection.execute(shown.limit(1)).first():
                continue
            partitions.drop(connection, forecasts, one)
            dropped.append(one.name)
    return dropped


def make_ranges(engine: Engine) -> None:
    """Make the ranges that a worker without the right to make tables could not, and move there what waits."""
    with reading(engine) as connection:
        newest = {table: connection.scalar(select(func.max(key))) or 0 for table, key in _NUMBERED.items()}
    for table, last in newest.items():
        partitions.make_room(engine, table, last + partitions.AHEAD)
