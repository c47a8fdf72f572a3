"""Slots of the past, one after another: missed ones made up for, or all of them lived through again."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from tsflow.config import load_project
from tsflow.errors import ArtifactError, ConfigError, DataError, TrainingError, TsflowError
from tsflow.process import wall_clock
from tsflow.steps.data.ingest import ingest
from tsflow.steps.slot.clock import on_clock, pipeline_now, slot_of, slots
from tsflow.steps.slot.hold import hold_past_slot, hold_slot
from tsflow.steps.slot.job import Progress, open_job
from tsflow.steps.whole import run_slot
from tsflow.store import runs
from tsflow.store.engine import opened
from tsflow.store.leases import LIVE


@dataclass(frozen=True)
class PastSlot:
    """What became of a slot of the past."""

    slot: datetime
    outcome: Literal["published", "done", "failed"]
    """``done``: it had been published before, and was left as it is."""
    run_id: int | None
    """The forecast run; none if it failed."""
    error: TsflowError | None = None
    """Why it failed."""


def run_past_slots(
    config: str,
    name: str,
    first: datetime,
    last: datetime | None,
    *,
    again: bool,
    holder: str,
    on_progress: Progress | None = None,
    on_slot: Progress | None = None,
) -> tuple[str, list[PastSlot]]:
    """Retrain if due and forecast at each slot of a span of the past, with what was known and decided then.

    Fills in missed slots, or, ``again``, runs all of them in a space of its own and writes nothing outside it. The
    source is ingested once first, as a present slot would. A slot that fails does not stop the next ones; started
    again, it goes on where it stopped.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        first: A moment in the first slot; without an offset it is by the pipeline's clock.
        last: A moment in the last one; the slot before the present if not given.
        again: Whether in a space of their own.
        holder: Who holds the leases.
        on_progress: Called with what is done of a slot, steps done and steps in all.
        on_slot: The same for slots.

    Returns:
        The space, and what became of each slot.

    Raises:
        ConfigError: If no slot is past.
        LeaseHeld, DatabaseUnavailable: If another run is at work, or the database does not answer.
        SourceError, DataError, QualityError: If the source cannot be read.
    """
    wanted = _past_slots(config, name, first, last)
    space = _replay_space(config, name, wanted[0]) if again else LIVE
    with hold_slot(config, name, wall=wall_clock(), holder=holder) as ticket, open_job(ticket) as job:
        ingest(job, on_progress)
    lived = []
    for slot in wanted:
        lived.append(_live(config, name, slot, space=space, holder=holder, on_progress=on_progress))
        if on_slot:
            on_slot(f"slot {slot:%Y-%m-%d %H:%M} {lived[-1].outcome}", len(lived), len(wanted))
    return space, lived


def _past_slots(config: str, name: str, first: datetime, last: datetime | None) -> list[datetime]:
    """The slots that are past, ascending: those of the schedule, else one a step."""
    pipeline = load_project(config).pipeline(name)
    present = slot_of(pipeline, pipeline_now(name, pipeline, wall_clock()))
    begin, end = on_clock(pipeline, first), present if last is None else on_clock(pipeline, last)
    if last is not None and end < begin:
        raise ConfigError(f"{name}: the last slot, {end:%Y-%m-%d %H:%M}, is before the first, {begin:%Y-%m-%d %H:%M}")
    wanted = [slot for slot in slots(pipeline, begin, min(end, present)) if slot < present]
    if not wanted:
        raise ConfigError(
            f"{name}: no slot from {begin:%Y-%m-%d %H:%M} on is past; the present one is {present:%Y-%m-%d %H:%M}, "
            "which `tsflow run` does"
        )
    return wanted


def _replay_space(config: str, name: str, first: datetime) -> str:
    """The space of a replay from a slot on: its own for each start and each configuration, so that none are mixed."""
    project = load_project(config)
    settings = hashlib.sha256(f"{project.digest(name)} {project.pipeline(name).schedule}".encode()).hexdigest()[:8]
    return f"replay {first:%Y-%m-%d %H:%M} {settings}".replace(" 00:00", "")


def _live(config: str, name: str, slot: datetime, *, space: str, holder: str, on_progress: Progress | None) -> PastSlot:
    done = _published(config, name, slot, space)
    if done:
        return PastSlot(slot, "done", done)
    past = hold_past_slot(config, name, wall=wall_clock(), slot=slot, space=space, holder=holder)
    try:
        with past as ticket, open_job(ticket) as job:
            return PastSlot(slot, "published", run_slot(job, on_progress))
    except (DataError, TrainingError, ArtifactError) as error:  # of this slot; others would stop the next ones, too
        return PastSlot(slot, "failed", None, error)


def _published(config: str, name: str, slot: datetime, space: str) -> int | None:
    with opened(load_project(config).database.get_secret_value()) as engine:
        run = runs.find(engine, name, "forecast", slot, space)
    return run.id if run and run.status == "succeeded" else None
