"""Slots of the past, one after another: missed ones made up for, or all of them lived through again."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tsflow.config import load_project
from tsflow.errors import ArtifactError, ConfigError, DataError, TrainingError, TsflowError
from tsflow.steps.clock import pipeline_now, slot_of, slots
from tsflow.steps.ingest import ingest
from tsflow.steps.job import Progress, hold_past_slot, hold_slot, open_job, wall_clock
from tsflow.steps.slot import run_slot
from tsflow.store import engine as database
from tsflow.store import runs


@dataclass(frozen=True)
class Lived:
    """What became of a slot of the past."""

    slot: datetime
    outcome: Literal["published", "done", "failed"]
    """``done``: it had been published before, and was left as it is."""
    run_id: int | None
    """The forecast run; none if it failed."""
    error: TsflowError | None = None
    """Why it failed."""


def past_slots(config: str, name: str, first: datetime, last: datetime | None, *, wall: datetime) -> list[datetime]:
    """The slots from one to another that are past, ascending: those of the schedule, else one a step.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        first: A moment in the first slot, by the pipeline's clock.
        last: A moment in the last one; the slot before the present if not given.
        wall: The present moment.

    Raises:
        ConfigError: If there is none.
    """
    pipeline = load_project(config).pipeline(name)
    present = slot_of(pipeline, pipeline_now(name, pipeline, wall))
    wanted = [slot for slot in slots(pipeline, first, min(last or present, present)) if slot < present]
    if not wanted:
        raise ConfigError(
            f"{name}: no slot from {first:%Y-%m-%d %H:%M} on is past; the present one is {present:%Y-%m-%d %H:%M}, "
            "which `tsflow run` does"
        )
    return wanted


def replay_space(config: str, name: str, first: datetime) -> str:
    """The space of a replay from a slot on: its own for each start and each configuration, so that none are mixed."""
    project = load_project(config)
    settings = hashlib.sha256(f"{project.digest(name)} {project.pipeline(name).schedule}".encode()).hexdigest()[:8]
    return f"replay {first:%Y-%m-%d %H:%M} {settings}".replace(" 00:00", "")


def live_through(
    config: str, name: str, wanted: list[datetime], *, space: str, holder: str, on_progress: Progress | None = None
) -> Iterator[Lived]:
    """Retrain if due and forecast at each slot, with what was known and decided then; yields each as it is done.

    In the live space this makes up for missed slots; in a space of its own, nothing but that space is written to. The
    source is read once before, as the present slot does, for what it said meanwhile. A slot that fails does not keep
    the next ones from theirs; started again, it goes on where it stopped.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        wanted: Slots of the past, ascending.
        space: `live`, or a replay's own.
        holder: Who holds the leases.
        on_progress: Called with what is done, steps done and steps in all.

    Raises:
        LeaseHeld, DatabaseUnavailable: If another run is at work, or the database does not answer.
        SourceError, DataError, QualityError: If the source cannot be read.
    """
    with hold_slot(config, name, wall=wall_clock(), holder=holder) as ticket, open_job(ticket) as job:
        ingest(job, on_progress)
    for slot in wanted:
        done = _published(config, name, slot, space)
        if done:
            yield Lived(slot, "done", done)
            continue
        past = hold_past_slot(config, name, wall=wall_clock(), slot=slot, space=space, holder=holder)
        try:
            with past as ticket, open_job(ticket) as job:
                lived = Lived(slot, "published", run_slot(job, on_progress))
        except (DataError, TrainingError, ArtifactError) as error:  # of this slot; others would stop the next ones, too
            lived = Lived(slot, "failed", None, error)
        yield lived


def _published(config: str, name: str, slot: datetime, space: str) -> int | None:
    engine = database.connect(load_project(config).database.get_secret_value())
    try:
        run = runs.find(engine, name, "forecast", slot, space)
    finally:
        engine.dispose()
    return run.id if run and run.status == "succeeded" else None
