"""What time it is for a pipeline, and which slot that is."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from tsflow.config import Pipeline, times_after
from tsflow.frequency import Frequency
from tsflow.quality import survey
from tsflow.sources import on_this_machine, read

_INSTANT = timedelta(microseconds=1)


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
    return step_of(pipeline.grid, on_clock(pipeline, now) if pipeline.clock == "wall" else now)


def on_clock(pipeline: Pipeline, moment: datetime) -> datetime:
    """What the pipeline's clock shows at a moment, labelled UTC as slots are: UTC, or of dates that of its zone.

    A moment without an offset is what the clock shows.
    """
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    zone = ZoneInfo(pipeline.timezone) if pipeline.grid.is_calendar else UTC
    return moment.astimezone(zone).replace(tzinfo=UTC)


def next_due(pipeline: Pipeline, slot: datetime) -> datetime | None:
    """The first scheduled time that belongs to a later slot; none without a schedule, or on the clock of the data."""
    if pipeline.schedule is None or pipeline.clock == "data":
        return None
    return first_scheduled(pipeline, pipeline.schedule, slot)


def due_from(pipeline: Pipeline, moment: datetime) -> datetime | None:
    """The first scheduled time from a moment on; none without a schedule, or on the clock of the data."""
    if pipeline.schedule is None or pipeline.clock == "data":
        return None
    return _scheduled(pipeline, pipeline.schedule, moment)


def first_scheduled(pipeline: Pipeline, schedule: str, slot: datetime) -> datetime | None:
    """The first time of a schedule that belongs to a later slot; none where it has come to an end."""
    return _scheduled(pipeline, schedule, _end(pipeline, slot))


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


def known_at(pipeline: Pipeline, slot: datetime) -> datetime:
    """The moment at which a slot of the past ran, or should have: its first scheduled time, else its beginning."""
    due = None if pipeline.schedule is None else _scheduled(pipeline, pipeline.schedule, _begin(pipeline, slot))
    return due if due is not None and due < _end(pipeline, slot) else _begin(pipeline, slot)


def was_early(pipeline: Pipeline, slot: datetime, moment: datetime, now: datetime) -> bool:
    """Whether a moment came before the first scheduled time of its slot, and that has come since."""
    return pipeline.clock == "wall" and moment < known_at(pipeline, slot) <= now


def slots(pipeline: Pipeline, first: datetime, last: datetime) -> list[datetime]:
    """The slots from one to another, both included, ascending: those of the schedule, else one a step."""
    grid = pipeline.grid
    if pipeline.schedule is None:
        return [start_of(grid, position) for position in range(position_of(grid, first), position_of(grid, last) + 1)]
    begin = _begin(pipeline, step_of(grid, first))
    found = []
    for time in times_after(pipeline.schedule, begin - _INSTANT, pipeline.timezone):
        slot = step_of(grid, time.astimezone(ZoneInfo(pipeline.timezone)) if grid.is_calendar else time)
        if slot > step_of(grid, last):
            break
        found.append(slot)
    return list(dict.fromkeys(found))


def _begin(pipeline: Pipeline, slot: datetime) -> datetime:
    """The moment at which a slot begins: a date does at midnight in the pipeline's zone."""
    if not pipeline.grid.is_calendar:
        return slot
    return slot.replace(tzinfo=ZoneInfo(pipeline.timezone)).astimezone(UTC)


def _end(pipeline: Pipeline, slot: datetime) -> datetime:
    """The moment at which the step after it begins."""
    return _begin(pipeline, start_of(pipeline.grid, position_of(pipeline.grid, slot) + 1))


def _scheduled(pipeline: Pipeline, schedule: str, moment: datetime) -> datetime | None:
    """The first time of a schedule from a moment on."""
    return next(times_after(schedule, moment - _INSTANT, pipeline.timezone), None)


def to_datetime(stamp: np.datetime64) -> datetime:
    """An aware UTC datetime from a naive UTC stamp."""
    moment: datetime = stamp.astype("M8[us]").item()
    return moment.replace(tzinfo=UTC)
