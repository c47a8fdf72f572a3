"""What every step works with: the project, one pipeline of it, a slot, and the right to write."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import Engine

from tsflow.config import Pipeline, Project, load_project
from tsflow.errors import ConfigError
from tsflow.models import check_architectures
from tsflow.steps.alerts import Alert, Channel, Kind, send
from tsflow.steps.clock import next_due, pipeline_now, slot_of, step_of
from tsflow.store import engine as database
from tsflow.store import leases, migrate, pipelines, runs
from tsflow.store.leases import Fence

Progress = Callable[[str, int, int], None]
"""Called with what is done, steps done and steps in all."""

LEASE_SECONDS = 60.0


@dataclass(frozen=True)
class Ticket:
    """All that a task on any machine needs to open its job: names, moments and a fence, never data."""

    config: str
    """Path of the project's YAML file."""
    pipeline: str
    fence: Fence
    slot: datetime
    now: datetime
    """By the pipeline's clock: nothing later is believed."""
    moment: datetime
    """By the wall clock: what is stored is stamped with it."""
    force: bool = False
    """Do the slot again even if it is done."""
    flow_run: str | None = None


@dataclass(frozen=True)
class Job:
    """An opened ticket."""

    ticket: Ticket
    project: Project
    engine: Engine
    opened_at: datetime
    """By the wall clock: when this part of the slot began, for the ends of runs."""
    channels: tuple[Channel, ...] = ()
    """Where alerts go, beside the log and the webhook."""

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.ticket.pipeline

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline's settings."""
        return self.project.pipeline(self.ticket.pipeline)

    @property
    def fence(self) -> Fence:
        """The right to write."""
        return self.ticket.fence

    def alert(self, kind: Kind, message: str) -> None:
        """Tell somebody of something about this slot; the troubles of a replay or backfill are no news."""
        if self.fence.space == leases.LIVE:
            told = Alert(kind, self.name, message, self.ticket.slot)
            send(told, engine=self.engine, channels=self.channels, now=self.opened_at)


@contextmanager
def open_job(ticket: Ticket, channels: tuple[Channel, ...] = ()) -> Iterator[Job]:
    """Read the configuration and connect to the database, on whatever machine this is.

    ``channels`` take alerts further than the log and the webhook.
    """
    project = load_project(ticket.config)
    engine = database.connect(project.database.get_secret_value())
    try:
        yield Job(ticket, project, engine, wall_clock(), channels)
    finally:
        engine.dispose()


@contextmanager
def hold_slot(
    config: str,
    name: str,
    *,
    wall: datetime,
    slot: datetime | None = None,
    force: bool = False,
    holder: str,
    flow_run: str | None = None,
) -> Iterator[Ticket]:
    """Take the pipeline's lease for one slot, the present one by its clock unless another is given.

    A new database gets its tables here, so that a laptop needs no step before the first run.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        wall: The present moment.
        slot: The time to run for.
        force: Do what is done again.
        holder: Who holds the lease, for whoever finds it held; the same holder may take it over.
        flow_run: The Prefect run that this is.

    Raises:
        ConfigError: If the pipeline or one of its architectures is unknown, or the slot is not the present one.
        LeaseHeld: If another run of this pipeline is at work.
        SchemaOutdated: If the tables are of another version.
    """
    project = load_project(config)
    pipeline = project.pipeline(name)
    check_architectures(pipeline.architectures, f"{config}: pipelines.{name}.architectures")
    now, chosen = _chosen_slot(name, pipeline, wall, slot)
    engine = database.connect(project.database.get_secret_value())
    try:
        migrate.prepare(engine)
        with leases.hold(engine, name, leases.LIVE, holder=holder, seconds=LEASE_SECONDS) as fence:
            pipelines.register(engine, fence, pipeline, now=wall, due_at=next_due(pipeline, chosen))
            yield Ticket(config, name, fence, chosen, now, wall, force, flow_run)
    finally:
        engine.dispose()


def published_run(config: str, name: str, *, wall: datetime, slot: datetime | None = None) -> int | None:
    """The forecast run of a slot, the present one unless another is given, if it is published: nothing is left to do.

    It only reads, so that a slot that is done changes no row.
    """
    project = load_project(config)
    pipeline = project.pipeline(name)
    engine = database.connect(project.database.get_secret_value())
    try:
        migrate.prepare(engine)
        _, chosen = _chosen_slot(name, pipeline, wall, slot)
        ingested, forecast = (runs.find(engine, name, kind, chosen, leases.LIVE) for kind in ("ingest", "forecast"))
    finally:
        engine.dispose()
    done = all(run is not None and run.status == "succeeded" for run in (ingested, forecast))
    return forecast.id if forecast and done else None


def _chosen_slot(name: str, pipeline: Pipeline, wall: datetime, slot: datetime | None) -> tuple[datetime, datetime]:
    """Now by the pipeline's clock, and the slot to run for.

    Raises:
        ConfigError: If the slot asked for is past: its data would have to be read as they were then.
    """
    now = pipeline_now(name, pipeline, wall)
    present = slot_of(pipeline, now)
    if slot is None:
        return now, present
    aware = slot if slot.tzinfo else slot.replace(tzinfo=UTC)
    chosen = step_of(pipeline.grid, aware.astimezone(UTC))
    if chosen != present:
        raise ConfigError(f"{name}: slot {chosen:%Y-%m-%d %H:%M} is not the present one, {present:%Y-%m-%d %H:%M}")
    return now, chosen


def this_process(what: str) -> str:
    """A holder's name that no other process has."""
    return f"{what} on {socket.gethostname()}, process {os.getpid()}"


def wall_clock() -> datetime:
    """The present moment; read by shells only, which hand it on."""
    return datetime.now(UTC)
