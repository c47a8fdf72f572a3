"""Where a slot stands: done, stale, or still to be done."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine

from tsflow.config import Pipeline, load_project
from tsflow.errors import DataError, SourceError
from tsflow.steps.slot.clock import next_due, was_early
from tsflow.steps.slot.hold import choose_slot
from tsflow.steps.slot.job import Job
from tsflow.store import migrate, monitoring, runs
from tsflow.store.engine import opened
from tsflow.store.leases import LIVE


@dataclass(frozen=True)
class Done:
    """A slot that is ingested and published: there is nothing to do."""

    run_id: int
    """Its forecast run."""


@dataclass(frozen=True)
class Stale:
    """A slot that a newer one has overtaken, so that nobody needs its forecasts."""

    reason: str


State = Done | Stale | None
"""None: the slot is to be done."""


def look_up(
    config: str, name: str, *, wall: datetime, slot: datetime | None = None, scheduled: datetime | None = None
) -> State:
    """Where the slot stands that `hold_slot` would choose. It only reads: a slot that is done changes no row.

    A source that cannot be read tells no slot: that is for `hold_slot` to find, which writes it down.
    """
    project = load_project(config)
    pipeline = project.pipeline(name)
    with opened(project.database.get_secret_value()) as engine:
        migrate.prepare(engine)
        try:
            now, chosen, known_at = choose_slot(name, pipeline, wall, slot, scheduled)
        except (SourceError, DataError):
            return None
        return _state(engine, name, pipeline, chosen, now, of_the_past=known_at is not None)


def slot_state(job: Job) -> State:
    """Where the job's slot stands, now that nobody else works on it."""
    ticket = job.ticket
    past = ticket.known_at is not None
    return _state(job.engine, job.name, job.pipeline, ticket.slot, ticket.now, of_the_past=past)


def skip(job: Job, reason: str) -> int:
    """Record the slot as skipped, with whatever an earlier attempt left of it; returns its forecast run's id."""
    ticket = job.ticket
    return runs.skip_slot(
        job.engine, job.fence, ticket.slot, now=ticket.moment, reason=reason, prefect_run_id=ticket.flow_run
    )


def _state(engine: Engine, name: str, pipeline: Pipeline, slot: datetime, now: datetime, *, of_the_past: bool) -> State:
    forecast = runs.find(engine, name, "forecast", slot, LIVE)
    published = forecast is not None and forecast.status == "succeeded"
    if of_the_past:  # asked for on purpose, and ingests nothing
        return Done(forecast.id) if forecast and published else None
    ingest = runs.find(engine, name, "ingest", slot, LIVE)
    early = ingest is not None and was_early(pipeline, slot, ingest.started_at, now)
    has_read = ingest is not None and ingest.status == "succeeded" and not early
    if forecast and published and has_read and monitoring.check_of(engine, forecast.id) is not None:
        return Done(forecast.id)
    newest = runs.latest(engine, name, "forecast", LIVE)
    if newest and newest.slot > slot:
        return Stale(f"slot {slot:%Y-%m-%d %H:%M} is older than that of {newest.slot:%Y-%m-%d %H:%M}, which is done")
    due = next_due(pipeline, slot)
    if due and due <= now:
        return Stale(f"slot {slot:%Y-%m-%d %H:%M} is older than the run that was due at {due:%Y-%m-%d %H:%M}")
    return None
