"""The panel that a step works on, read from the database.

The lease keeps every other run from writing, so that all tasks of a slot read the same.
"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from tsflow.panel import Panel
from tsflow.steps.job import Job
from tsflow.store.panels import read_panel
from tsflow.store.series import ended_ids, sizes

_SHARD = 2_000_000
"""Observations of a shard: about 200 MB while they are measured."""


def whole_panel(job: Job) -> Panel:
    """All series of the pipeline."""
    return read_panel(job.engine, job.name, job.pipeline.grid)


def panel_shards(job: Job) -> Iterator[Panel]:
    """All series, a few million observations at a time: for what needs no series beside another."""
    shard: list[int] = []
    held = 0
    for series_id, observations in sizes(job.engine, job.name):
        if shard and held + observations > _SHARD:
            yield read_panel(job.engine, job.name, job.pipeline.grid, series_ids=shard)
            shard, held = [], 0
        shard.append(series_id)
        held += observations
    if shard:
        yield read_panel(job.engine, job.name, job.pipeline.grid, series_ids=shard)


def live_panel(job: Job) -> Panel:
    """The series that have not ended."""
    panel = whole_panel(job)
    return panel.take(~ended(job, panel))


def ended(job: Job, panel: Panel) -> NDArray[np.bool_]:
    """Which series have been silent for longer than the pipeline allows, shape [S]."""
    return np.isin(panel.series_ids, ended_ids(job.engine, job.name))
