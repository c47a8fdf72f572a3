"""Shards: the series of a pipeline in ranges of ids, for what needs no series beside another."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from tsflow.panel import Panel
from tsflow.steps.data import panel_of
from tsflow.steps.job import Job
from tsflow.store.series import sizes


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
    ids = [series_id for series_id, _ in sizes(job.engine, job.name) if shard.first <= series_id <= shard.last]
    return panel_of(job, ids)


def panel_shards(job: Job) -> Iterator[Panel]:
    """All series, one shard at a time."""
    for shard in shards(job):
        yield shard_panel(job, shard)
