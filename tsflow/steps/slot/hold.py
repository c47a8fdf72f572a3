"""Taking the right to work on a slot: which one it is, and the lease of its pipeline."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

from sqlalchemy import Engine

from tsflow.config import Pipeline, Project, load_project
from tsflow.errors import ConfigError, DataError, SourceError, StoreError
from tsflow.models import check_architectures
from tsflow.process import wall_clock
from tsflow.steps.slot.clock import (
    due_from,
    known_at,
    next_due,
    on_clock,
    pipeline_now,
    position_of,
    slot_of,
    start_of,
    step_of,
)
from tsflow.steps.slot.job import Ticket
from tsflow.store import leases, migrate, pipelines, runs
from tsflow.store.engine import opened, reading
from tsflow.store.leases import LIVE, Fence
from tsflow.store.series import check_grid, newest

LEASE_SECONDS = 60.0


@contextmanager
def hold_slot(
    config: str,
    name: str,
    *,
    wall: datetime,
    slot: datetime | None = None,
    scheduled: datetime | None = None,
    force: bool = False,
    holder: str,
    flow_run: str | None = None,
    project: Project | None = None,
) -> Iterator[Ticket]:
    """Take the pipeline's lease for one slot, the present one by its clock unless another is given.

    A slot of the past sees what was known then. A new database gets its tables here, so that a laptop needs no step
    before the first run.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        wall: The present moment.
        slot: A moment in the step to run for, at the latest the present; without an offset it is by the clock.
        scheduled: When the run was to start, if a schedule started it: without a slot, it is for the step of that time.
        force: Do what is done again.
        holder: Who holds the lease, for whoever finds it held; the same holder may take it over.
        flow_run: The Prefect run that this is.
        project: The settings, where they are not those of the file.

    Raises:
        ConfigError: If the pipeline or one of its architectures is unknown, or the slot lies in the future.
        SourceError, DataError: If the slot is that of the data and the source has none; a failed ingest says so.
        LeaseHeld: If another run of this pipeline is at work.
        SchemaOutdated: If the tables are of another version.
    """
    project = project or load_project(config)
    pipeline = project.pipeline(name)
    check_architectures(pipeline.architectures, f"{config}: pipelines.{name}.architectures")
    try:
        now, chosen, known = choose_slot(name, pipeline, wall, slot, scheduled)
    except (SourceError, DataError) as error:
        if slot is None:  # the troubles of a backfill are no news
            with suppress(StoreError), _lease(project, name, LIVE, holder=holder) as (engine, fence):
                _record_unread(engine, fence, pipeline, str(error), wall=wall, flow_run=flow_run)
        raise
    moment = max(wall, scheduled or wall)  # what a run that starts a little early reads is no earlier than its time
    with _lease(project, name, LIVE, holder=holder) as (engine, fence):
        if known is None:
            pipelines.register(engine, fence, pipeline, now=wall, due_at=first_due(engine, name, pipeline, wall))
            runs.close_dead(engine, fence, chosen, now=wall)
        past = {"as_of": wall, "known_at": known} if known else {}
        file, settings = str(Path(config).resolve()), project.digest(name)
        yield Ticket(file, settings, name, fence, chosen, known or now, moment, force, flow_run, **past)


def _record_unread(
    engine: Engine, fence: Fence, pipeline: Pipeline, error: str, *, wall: datetime, flow_run: str | None
) -> None:
    """Write down that the source of a pipeline on the clock of its data could not be read, so that no slot was begun.

    It counts as another ingest of the slot that the data known so far belong to, so that the slot is not done until
    its source has been read again.
    """
    pipelines.register(engine, fence, pipeline, now=wall, due_at=None)
    last = newest(engine, fence.pipeline)
    slot = slot_of(pipeline, wall) if last is None else start_of(pipeline.grid, position_of(pipeline.grid, last) + 1)
    run = runs.begin(engine, fence, "ingest", slot, now=wall, force=True, lineage=runs.Lineage(prefect_run_id=flow_run))
    runs.fail(engine, fence, run.id, now=wall_clock(), error=error)


@contextmanager
def hold_past_slot(
    config: str, name: str, *, wall: datetime, slot: datetime, space: str = LIVE, holder: str
) -> Iterator[Ticket]:
    """Take the lease of a pipeline and space for one slot of the past, without a look at the present.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        wall: The present moment.
        slot: The start of a step that is over.
        space: `live`, or a replay's own.
        holder: Who holds the lease, for whoever finds it held.

    Raises:
        LeaseHeld: If another run of this pipeline and space is at work.
    """
    project = load_project(config)
    known = known_at(project.pipeline(name), slot)
    with _lease(project, name, space, holder=holder) as (_, fence):
        file, settings = str(Path(config).resolve()), project.digest(name)
        yield Ticket(file, settings, name, fence, slot, known, wall, as_of=wall, known_at=known)


@contextmanager
def _lease(project: Project, name: str, space: str, *, holder: str) -> Iterator[tuple[Engine, Fence]]:
    with opened(project.database.get_secret_value()) as engine:
        migrate.prepare(engine)
        with reading(engine) as connection:
            check_grid(connection, name, project.pipeline(name).grid)
        with leases.hold(engine, name, space, holder=holder, seconds=LEASE_SECONDS) as fence:
            yield engine, fence


def choose_slot(
    name: str, pipeline: Pipeline, wall: datetime, slot: datetime | None, scheduled: datetime | None = None
) -> tuple[datetime, datetime, datetime | None]:
    """Now by the pipeline's clock, the slot to run for, and up to when a slot of the past knows what happened.

    Raises:
        ConfigError: If the slot asked for lies in the future.
    """
    if slot is None and scheduled is not None and pipeline.clock == "wall":
        return max(wall, scheduled), slot_of(pipeline, scheduled), None  # Prefect may start a run a little early
    now = pipeline_now(name, pipeline, wall)
    present = slot_of(pipeline, now)
    if slot is None:
        return now, present, None
    chosen = step_of(pipeline.grid, on_clock(pipeline, slot))
    if chosen > present:
        raise ConfigError(f"{name}: slot {chosen:%Y-%m-%d %H:%M} is later than the present, {present:%Y-%m-%d %H:%M}")
    return now, chosen, known_at(pipeline, chosen) if chosen < present else None


def first_due(engine: Engine, name: str, pipeline: Pipeline, wall: datetime) -> datetime | None:
    """When a pipeline with a new schedule is due: from now on, but not again for a slot that is published."""
    present, published = slot_of(pipeline, wall), runs.latest(engine, name, "forecast", LIVE)
    if published and published.slot >= present:
        return next_due(pipeline, present)
    return due_from(pipeline, wall)


def patience(config: str, name: str, wall: datetime) -> float:
    """Seconds to wait for a lease: until the next slot is due, at least until that of a dead run has lapsed."""
    pipeline = load_project(config).pipeline(name)
    due = next_due(pipeline, slot_of(pipeline, wall))
    return max(1.5 * LEASE_SECONDS, (due - wall).total_seconds() if due else 0.0)
