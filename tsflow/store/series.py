"""Series: on which grid they are, which of them have ended."""

from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Engine, func, select, update

from tsflow.errors import ConfigError
from tsflow.frequency import Frequency
from tsflow.store.engine import reading
from tsflow.store.schema import series


def check_grid(connection: Connection, pipeline: str, frequency: Frequency) -> None:
    """Return if a pipeline's series are on the grid that it is configured for, or if it has none yet.

    Raises:
        ConfigError: If they are on another one: their steps cannot be counted on this.
    """
    stored = connection.scalar(select(series.c.frequency).where(series.c.pipeline == pipeline).limit(1))
    if stored is not None and not Frequency.parse(stored).same_grid(frequency):
        raise ConfigError(
            f"pipelines.{pipeline}.frequency: what is stored has frequency {stored}, not {frequency}; set it back to "
            f"{stored}, or give the pipeline another name, under which it begins anew"
        )


def mark_ended(connection: Connection, pipeline: str, alive_since: datetime | None) -> None:
    """Mark the series whose last observation is before a moment as ended, and all others as not.

    Args:
        connection: That of the merge, after it.
        pipeline: Name of the pipeline.
        alive_since: The earliest last observation of a living series; none if series never end.
    """
    mine = update(series).where(series.c.pipeline == pipeline)
    silent = series.c.last_ds < alive_since if alive_since is not None else series.c.id < 0
    connection.execute(mine.where(silent, ~series.c.ended).values(ended=True))
    connection.execute(mine.where(~silent, series.c.ended).values(ended=False))


def sizes(engine: Engine, pipeline: str, between: tuple[int, int] | None = None) -> list[tuple[int, int]]:
    """Id and number of observations of each series, or of those in a range of ids, by id."""
    wanted = select(series.c.id, series.c.observations).where(of_pipeline(pipeline, between)).order_by(series.c.id)
    with reading(engine) as connection:
        return [(row.id, row.observations) for row in connection.execute(wanted)]


def of_pipeline(pipeline: str, between: tuple[int, int] | None = None) -> ColumnElement[bool]:
    """The series of a pipeline, or those in a range of ids, first and last included."""
    if between is None:
        return series.c.pipeline == pipeline
    # Not `pipeline` as it is, by whose index SQLite would go through the names of all series rather than the ids.
    return (series.c.pipeline + "" == pipeline) & series.c.id.between(*between)


def newest(engine: Engine, pipeline: str) -> datetime | None:
    """The newest stamp of any series; none if nothing was observed yet."""
    with reading(engine) as connection:
        moment: datetime | None = connection.scalar(select(func.max(series.c.last_ds)).filter_by(pipeline=pipeline))
    return moment
