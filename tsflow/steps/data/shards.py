"""Shards: the series of a pipeline in ranges of ids, for what needs no series beside another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from tsflow.evaluation import own_scale, usual_scale
from tsflow.panel import Panel, Whole
from tsflow.steps.data.known import ended, panel_of
from tsflow.steps.slot.job import Job
from tsflow.store.series import sizes
from tsflow.training.windows import Pairs


@dataclass(frozen=True)
class Shard:
    """Series by their ids, so that a task on any machine can read them."""

    first: int
    last: int
    """Included."""


def shards(job: Job) -> list[Shard]:
    """All series of the pipeline, each shard of about as many observations as are configured; one series is whole."""
    made: list[Shard] = []
    held = 0
    for series_id, observations in sizes(job.engine, job.name):
        if made and held + observations <= job.project.task_runner.shard:
            made[-1] = replace(made[-1], last=series_id)
            held += observations
        else:
            made.append(Shard(series_id, series_id))
            held = observations
    return made


def shard_panel(job: Job, shard: Shard) -> Panel:
    """The series of one shard, as the job sees them; at a slot of the past perhaps none."""
    return panel_of(job, [series_id for series_id, _ in sizes(job.engine, job.name, (shard.first, shard.last))])


class Gathered:
    """What shards must know of each other's series that have not ended, gathered from one after another."""

    def __init__(self, job: Job) -> None:
        self._job = job
        self._negative = False
        self._scales = [np.zeros(0)]

    def add(self, panel: Panel) -> None:
        """Take in another shard."""
        active = panel.take(~ended(self._job, panel))
        observed = np.flatnonzero(active.lengths)
        self._negative = self._negative or active.has_negative
        pairs = Pairs(observed, active.last[observed])
        self._scales.append(own_scale(active, pairs, self._job.pipeline.shape.season_length))

    def whole(self) -> Whole:
        """What is true of all."""
        return Whole(self._negative, usual_scale(np.concatenate(self._scales)))


def as_whole(job: Job, panel: Panel) -> Panel:
    """A panel of all series, which are forecast as they would be in shards."""
    gathered = Gathered(job)
    gathered.add(panel)
    return replace(panel, whole=gathered.whole())


def panel_shards(job: Job) -> Iterator[Panel]:
    """All series, one shard at a time."""
    for shard in shards(job):
        yield shard_panel(job, shard)
