"""Whether a retrain is due: by age, by schedule, by the share of new data, on drift; one rule that says so suffices."""

from collections.abc import Callable
from dataclasses import dataclass

from tsflow.steps.data.known import whole_panel
from tsflow.steps.forecasting.champion import champion, in_force
from tsflow.steps.forecasting.forecaster import unfit
from tsflow.steps.slot.clock import first_scheduled, slot_of, steps_between
from tsflow.steps.slot.job import Job
from tsflow.steps.watch.verify import drifted
from tsflow.store import runs, series
from tsflow.store.decisions import Decision


@dataclass(frozen=True)
class Ruling:
    """What the policy says of a slot."""

    due: bool
    reason: str


def ruling(job: Job) -> Ruling:
    """Whether the slot retrains, and why; without any rule every slot does."""
    if job.ticket.force:
        return Ruling(True, "forced")
    last, present = in_force(job), champion(job)
    if last is None or present is None:
        return Ruling(True, "there is no champion yet")
    if last.outcome == "baseline" and len(last.candidates or []) < 2:
        return Ruling(True, "no candidate has been compared yet")
    changed = unfit(job.pipeline, present)
    if changed:
        return Ruling(True, f"the champion was {changed}")
    rulings = [found for rule in _RULES if (found := rule(job, last))]
    if not rulings:
        return Ruling(True, "every slot retrains")
    due = next((found for found in rulings if found.due), None)
    return due or Ruling(False, "; ".join(found.reason for found in rulings))


def _age(job: Job, last: Decision) -> Ruling | None:
    every = job.pipeline.retrain.every_steps
    if every is None:
        return None
    age = steps_between(job.pipeline.grid, last.slot, job.ticket.slot)
    return Ruling(age >= every, f"the champion was decided on {age} steps ago, and a retrain is due every {every}")


def _schedule(job: Job, last: Decision) -> Ruling | None:
    schedule = job.pipeline.retrain.schedule
    if schedule is None:
        return None
    due = first_scheduled(job.pipeline, schedule, last.slot)
    if due is None:
        return Ruling(False, "the schedule of retrains has come to an end")
    reached = slot_of(job.pipeline, due) <= job.ticket.slot
    return Ruling(reached, f"a retrain {'was' if reached else 'is'} due at {due:%Y-%m-%d %H:%M} UTC by its schedule")


def _new_data(job: Job, _last: Decision) -> Ruling | None:
    wanted = job.pipeline.retrain.new_data_share
    if wanted is None:
        return None
    trained = runs.latest(job.engine, job.name, "retrain", job.fence.space, until=job.ticket.slot)
    before = trained and (trained.report or {}).get("observations")
    if not before:
        return Ruling(True, "it is not known how many observations the champion was trained on")
    share = observations(job) / before - 1
    return Ruling(share >= wanted, f"{share:.1%} new observations, and a retrain is due at {wanted:.1%}")


def _drift(job: Job, _last: Decision) -> Ruling | None:
    """Says nothing while there is none, so that by itself it keeps no slot from a retrain."""
    found = drifted(job) if job.pipeline.retrain.on_drift else None
    return Ruling(True, found) if found else None


_RULES: tuple[Callable[[Job, Decision], Ruling | None], ...] = (_age, _schedule, _new_data, _drift)
"""Each says what it thinks of a slot; none where it is not set."""


def observations(job: Job) -> int:
    """How many observations the pipeline has, by which the share of new ones is measured; then, at a past slot."""
    if job.ticket.known_at is not None:
        return int(whole_panel(job).observed.sum())
    return sum(count for _, count in series.sizes(job.engine, job.name))
