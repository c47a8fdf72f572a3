"""The panel that a step works on, read from the database: the one place where a job looks at data.

The lease keeps every other run from writing, so that all tasks of a slot read the same. A slot of the past, beside
which the present may go on, reads what had been recorded by the ticket's moment; of that, what was known at its time.
"""

import numpy as np
from numpy.typing import NDArray

from tsflow.errors import DataError
from tsflow.panel import Panel
from tsflow.steps.slot.clock import position_of
from tsflow.steps.slot.job import Job
from tsflow.store.panels import read_panel


def whole_panel(job: Job) -> Panel:
    """All series of the pipeline; at a slot of the past, those of which something was known.

    Raises:
        DataError: If nothing was ingested yet, or known at a slot of the past.
    """
    panel = panel_of(job)
    refuse_none(job, len(panel))
    return panel


def panel_of(job: Job, series_ids: list[int] | None = None) -> Panel:
    """Some series of the pipeline, or all; at a slot of the past, those of which something was known, perhaps none."""
    ticket, grid = job.ticket, job.pipeline.grid
    panel = read_panel(job.engine, job.name, grid, as_of=ticket.as_of, known_at=ticket.known_at, series_ids=series_ids)
    if ticket.known_at is None:
        return panel
    known = panel.until(np.array(position_of(grid, ticket.slot) - 1))
    return known.take(known.lengths > 0)


def refuse_none(job: Job, series: int) -> None:
    """Return if a slot knows this many series.

    Raises:
        DataError: If it knows none: a champion or forecast of nothing would be taken for one.
    """
    if series:
        return
    if job.ticket.known_at is not None:
        raise DataError(f"{job.name}: nothing was known yet at slot {job.ticket.slot:%Y-%m-%d %H:%M}")
    raise DataError(f"{job.name}: nothing was ingested yet: `tsflow ingest {job.name}` first")


def active_panel(job: Job) -> Panel:
    """The series that have not ended."""
    panel = whole_panel(job)
    return panel.take(~ended(job, panel))


def ended(job: Job, panel: Panel) -> NDArray[np.bool_]:
    """Which series have been silent for longer than the pipeline allows, as seen at the slot, shape [S]."""
    earliest = alive_since(job)
    return (panel.lengths > 0) & (panel.last < (-np.inf if earliest is None else earliest))


def alive_since(job: Job) -> int | None:
    """The earliest last observation of a series that has not ended, as a grid position; none if series never end."""
    most = job.pipeline.most_silent_steps
    return None if most is None else position_of(job.pipeline.grid, job.ticket.slot) - most
