"""The run of a step: begun with all that it comes from, failed with the reason."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from tsflow import __version__
from tsflow.errors import LeaseLost, QualityError, StoreError, TsflowError
from tsflow.process import wall_clock
from tsflow.steps.slot.clock import was_early
from tsflow.steps.slot.job import Job
from tsflow.store import configurations, runs
from tsflow.store.runs import Kind, Lineage, Run
from tsflow.training import describe_device


def begin(job: Job, kind: Kind, *, data_digest: str | None = None) -> Run:
    """Begin the slot's run of a kind, or find it done.

    A finished run is repeated, as a run of its own, if the slot is forced; if it is an ingest from before the slot's
    first scheduled time, and that time has come; if it is a forecast of a present slot whose data or settings changed.

    Args:
        job: What it is begun for.
        kind: Of the run.
        data_digest: Of the data it works on, with which device and moment are written down; none for an ingest.

    Raises:
        DeviceError: If the configured device is not there.
    """
    ticket, digest = job.ticket, job.project.digest(job.name)
    before = runs.find(job.engine, job.name, kind, ticket.slot, job.fence.space)
    redo = before is not None and _outdated(job, before, (digest, data_digest))
    configurations.keep(job.engine, job.fence, digest, job.project.decisive(job.name), now=ticket.moment)
    lineage = Lineage(
        data_as_of=None if data_digest is None else _read_as_of(job),
        known_at=ticket.known_at,
        config_digest=digest,
        data_digest=data_digest,
        code_version=__version__,
        device=None if data_digest is None else describe_device(job.device),
        prefect_run_id=ticket.flow_run,
    )
    force = ticket.force or redo
    return runs.begin(job.engine, job.fence, kind, ticket.slot, now=ticket.moment, force=force, lineage=lineage)


def _outdated(job: Job, before: Run, digests: tuple[str, str | None]) -> bool:
    ticket = job.ticket
    if before.kind == "ingest":
        return was_early(job.pipeline, ticket.slot, before.started_at, ticket.now)
    changed = (before.config_digest, before.data_digest) != digests
    return before.kind == "forecast" and ticket.known_at is None and changed


def _read_as_of(job: Job) -> datetime:
    """The moment by which all that the job reads was recorded: its ticket's, unless the slot's own ingest is later."""
    ticket = job.ticket
    return ticket.as_of or max(ticket.moment, runs.recorded_until(job.engine, job.name) or ticket.moment)


@contextmanager
def failing(job: Job, run_id: int) -> Iterator[None]:
    """Mark a run failed, with the reason, if what is done for it raises; a run that lost its lease writes nothing."""
    try:
        yield
    except (LeaseLost, QualityError):  # a QualityError was written down with its report
        raise
    except Exception as error:
        # What is not ours may carry parameters, which may hold a secret: its kind has to do.
        reason = str(error) if isinstance(error, TsflowError) else type(error).__name__
        with suppress(StoreError):
            runs.fail(job.engine, job.fence, run_id, now=wall_clock(), error=reason)
        raise
