"""From a source to observations: read, screen, stage, merge."""

import logging
from pathlib import PurePosixPath

from tsflow.config import Pipeline, Source
from tsflow.errors import ConfigError, QualityError
from tsflow.process import wall_clock
from tsflow.quality import QualityReport, combined_health, conflict_rows, panel_health, screen, survey
from tsflow.sources import on_this_machine, read
from tsflow.steps.data.known import alive_since
from tsflow.steps.data.shards import panel_shards
from tsflow.steps.slot.clock import start_of
from tsflow.steps.slot.job import Job, Progress
from tsflow.steps.slot.run import begin, failing
from tsflow.store import quarantine, runs
from tsflow.store.series import mark_ended
from tsflow.store.staging import Staging

logger = logging.getLogger("tsflow")


def ingest(job: Job, on_progress: Progress | None = None) -> int:
    """Merge the source's good rows, quarantine the others; returns the run's id. What `begin` finds done stays.

    Raises:
        ConfigError: If the slot is past: a source only says what it says now.
        SourceError, DataError: If the source cannot be read, or is empty.
        QualityError: If too many rows are bad; then only the quarantine and the run are written.
    """
    if job.ticket.known_at is not None:
        raise ConfigError(f"{job.name}: a source is read for the present slot only; ingest without a slot")
    run = begin(job, "ingest")
    if run.done:
        return run.id
    with failing(job, run.id):
        _ingest(job, run.id, on_progress)
    return run.id


def _ingest(job: Job, run_id: int, on_progress: Progress | None) -> None:
    moment = job.ticket.moment
    with Staging(job.engine, job.fence, job.pipeline.grid) as staging:
        report = _read(job, run_id, staging, on_progress)
        report = _set_conflicts_aside(job, run_id, staging, report)
        _stop_if_too_bad(job, run_id, report)
        with staging.fenced() as connection:
            counts = staging.merge(run_id, moment)
            earliest = alive_since(job)
            mark_ended(connection, job.name, None if earliest is None else start_of(job.pipeline.grid, earliest))
            quarantine.resolve(connection, job.name, source_name(job.pipeline.source), run_id=run_id, now=moment)
            report = report.with_merge(new=counts.new, changed=counts.changed, same=counts.same)
            runs.set_values(connection, run_id, report=report.model_dump(mode="json"), data_as_of=counts.recorded_at)
    shards = panel_shards(job)
    health = combined_health([panel_health(panel, job.pipeline, job.ticket.now) for panel in shards])
    if health.seems:
        logger.warning(
            "%s: %s, and give the pipeline another name, since what is stored is counted in %s",
            *(job.name, health.seems, job.pipeline.grid),
        )
    found = report.with_health(health).model_dump(mode="json")
    runs.succeed(job.engine, job.fence, run_id, now=wall_clock(), report=found)


def _read(job: Job, run_id: int, staging: Staging, on_progress: Progress | None) -> QualityReport:
    """Stage the good rows and quarantine the bad ones, chunk by chunk."""
    report, pipeline, now = QualityReport(), job.pipeline, job.ticket.now
    with on_this_machine(pipeline.source) as source:
        mixed = survey(read(source, job.name), pipeline, now).mixed_zones if _may_mix_zones(pipeline) else None
        for chunk in read(source, job.name):
            screened = screen(chunk, pipeline, now, mixed_zones=mixed)
            staging.add(screened.good)
            if len(screened.bad):
                place = source_name(pipeline.source)
                quarantine.record(job.engine, job.fence, run_id, place, screened.bad, now=job.ticket.moment)
            report = report.with_chunk(screened)
            if on_progress:
                on_progress(f"{report.rows_read:,} rows read", report.rows_read, 0)
    return report


def _set_conflicts_aside(job: Job, run_id: int, staging: Staging, report: QualityReport) -> QualityReport:
    """Quarantine rows of different chunks that contradict each other."""
    conflicts = staging.take_conflicts()
    if not len(conflicts):
        return report
    bad = conflict_rows(conflicts)
    quarantine.record(job.engine, job.fence, run_id, source_name(job.pipeline.source), bad, now=job.ticket.moment)
    return report.with_conflicts(len(bad), bad["reason"].iloc[0])


def _stop_if_too_bad(job: Job, run_id: int, report: QualityReport) -> None:
    try:
        report.raise_if_above(job.pipeline, job.name)
    except QualityError as error:
        found = report.model_dump(mode="json")
        runs.fail(job.engine, job.fence, run_id, now=wall_clock(), error=str(error), report=found)
        job.alert("quarantine", str(error))
        raise
    share, told_above = report.bad_share, job.pipeline.alerts.bad_share
    if share > told_above:
        job.alert("quarantine", f"{share:.1%} of the rows were refused, more than alerts.bad_share ({told_above:.1%})")


def _may_mix_zones(pipeline: Pipeline) -> bool:
    """Whether all stamps must be looked at before the first is judged: one without an offset may be meant otherwise."""
    source = pipeline.source
    return not pipeline.grid.is_calendar and source.timezone is None and source.kind in ("csv", "http")


def source_name(source: Source) -> str:
    """What the quarantine calls a source: its kind and the last part of its place, in which there is no secret."""
    place = getattr(source, "path", None) or getattr(source, "table", None) or ""
    return f"{source.kind} {PurePosixPath(place.split('?', 1)[0]).name}".strip()  # a query may hold a token
