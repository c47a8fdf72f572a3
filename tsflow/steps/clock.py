"""What time it is for a pipeline, and which slot that is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tsflow.config import Pipeline, times_after
from tsflow.frequency import Frequency, Positions
from tsflow.quality import survey
from tsflow.sources import on_this_machine, read


def pipeline_now(name: str, pipeline: Pipeline, wall: datetime) -> datetime:
    """Now, by the pipeline's clock: the wall's, or one step after the last credible stamp of the source.

    Raises:
        SourceError: If the clock is `data` and the source cannot be read.
    """
    if pipeline.clock == "wall":
        return wall
    with on_this_machine(pipeline.source) as source:
        last = survey(read(source, name), pipeline, wall).last
    if last is None:
        return wall  # nothing is credible: the ingest that follows says why, row by row
    return to_datetime(pipeline.grid.timestamp(_position(pipeline.grid, last) + 1)[0])


def slot_of(pipeline: Pipeline, now: datetime) -> datetime:
    """The start of the step that ``now`` lies in, so that a run repeated within a step is the same slot."""
    grid = pipeline.grid
    local = now.astimezone(ZoneInfo(pipeline.timezone)) if grid.is_calendar and pipeline.clock == "wall" else now
    return step_of(grid, local)


def next_due(pipeline: Pipeline, slot: datetime) -> datetime | None:
    """The first scheduled time that belongs to a later slot; none without a schedule, or on the clock of the data."""
    if pipeline.schedule is None or pipeline.clock == "data":
        return None
    grid = pipeline.grid
    start = to_datetime(grid.timestamp(_position(grid, slot) + 1)[0])
    if grid.is_calendar:  # a date begins at midnight in the pipeline's zone
        start = start.replace(tzinfo=ZoneInfo(pipeline.timezone))
    return next(times_after(pipeline.schedule, start - timedelta(microseconds=1), pipeline.timezone), None)


def step_of(grid: Frequency, moment: datetime) -> datetime:
    """The start of the step that a moment lies in, by its own clock."""
    return to_datetime(grid.timestamp(_position(grid, moment))[0])


def steps_between(grid: Frequency, earlier: datetime, later: datetime) -> int:
    """Whole steps of the grid from one moment to another."""
    return int((_position(grid, later) - _position(grid, earlier))[0])


def to_datetime(stamp: np.datetime64) -> datetime:
    """An aware UTC datetime from a naive UTC stamp."""
    moment: datetime = stamp.astype("M8[us]").item()
    return moment.replace(tzinfo=UTC)


def _position(grid: Frequency, moment: datetime) -> Positions:
    """The step that a moment lies in, by its own clock, shape [1]."""
    return grid.position(np.array([moment.replace(tzinfo=None)], dtype="M8[us]"))
