"""What time it is for a pipeline, and which slot that is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tsflow.config import Pipeline, times_after
from tsflow.frequency import Frequency
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
    return start_of(pipeline.grid, position_of(pipeline.grid, last) + 1)


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
    start = start_of(grid, position_of(grid, slot) + 1)
    if grid.is_calendar:  # a date begins at midnight in the pipeline's zone
        start = start.replace(tzinfo=ZoneInfo(pipeline.timezone))
    return next(times_after(pipeline.schedule, start - timedelta(microseconds=1), pipeline.timezone), None)


def step_of(grid: Frequency, moment: datetime) -> datetime:
    """The start of the step that a moment lies in, by its own clock."""
    return start_of(grid, position_of(grid, moment))


def start_of(grid: Frequency, position: int) -> datetime:
    """The start of a step."""
    return to_datetime(grid.timestamp(np.array([position]))[0])


def position_of(grid: Frequency, moment: datetime) -> int:
    """The step that a moment lies in, by its own clock."""
    return int(grid.position(np.array([moment.replace(tzinfo=None)], dtype="M8[us]"))[0])


def steps_between(grid: Frequency, earlier: datetime, later: datetime) -> int:
    """Whole steps of the grid from one moment to another."""
    return position_of(grid, later) - position_of(grid, earlier)


def known_from(pipeline: Pipeline, slot: datetime) -> datetime:
    """The moment up to which a slot of the past knows what happened: its start, by the pipeline's zone."""
    if not pipeline.grid.is_calendar:
        return slot
    return slot.replace(tzinfo=ZoneInfo(pipeline.timezone)).astimezone(UTC)


def to_datetime(stamp: np.datetime64) -> datetime:
    """An aware UTC datetime from a naive UTC stamp."""
    moment: datetime = stamp.astype("M8[us]").item()
    return moment.replace(tzinfo=UTC)
