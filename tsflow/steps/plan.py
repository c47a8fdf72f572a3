"""Whether a slot retrains, and what."""

from dataclasses import dataclass

from tsflow.steps.clock import steps_between
from tsflow.steps.data import live_panel
from tsflow.steps.forecaster import unfit
from tsflow.steps.job import Job
from tsflow.steps.run import begin, failing
from tsflow.steps.standing import champion, in_force
from tsflow.steps.trial import Trial


@dataclass(frozen=True)
class Planned:
    """A retrain that was begun."""

    run_id: int
    architectures: tuple[str, ...]
    """The candidates to train; none where nothing can be held out, so that the decision is for seasonal naive."""


@dataclass(frozen=True)
class Skipped:
    """A slot that does not retrain, which is no error."""

    reason: str


def plan_retrain(job: Job) -> Planned | Skipped:
    """Begin the slot's retrain if it is due: none yet, the champion's decision too old, or forced.

    Raises:
        DeviceError: If the configured device is not there.
    """
    fresh = _still_fresh(job)
    if fresh and not job.ticket.force:
        return Skipped(fresh)
    panel = live_panel(job)
    run = begin(job, "retrain", panel=panel)
    if run.done:
        return Skipped(f"the retrain of slot {run.slot:%Y-%m-%d %H:%M} is done")
    with failing(job, run.id):
        held_out = len(Trial.of(panel, job.pipeline).protocol.select) > 0
        return Planned(run.id, _candidates(job) if held_out else ())


def _still_fresh(job: Job) -> str | None:
    """Why the present champion may forecast this slot, too; none if a retrain is due by age."""
    every = job.pipeline.retrain.every_steps
    last, present = in_force(job), champion(job)
    if every is None or last is None or present is None:
        return None
    compared = last.outcome != "baseline" or len(last.candidates or []) > 1
    if not compared or unfit(job.pipeline, present):
        return None
    age = steps_between(job.pipeline.grid, last.slot, job.ticket.slot)
    return f"the champion was decided on {age} steps ago, and a retrain is due every {every}" if age < every else None


def _candidates(job: Job) -> tuple[str, ...]:
    """The configured architectures; the plain textbook mode has no stage to stand alone."""
    names = job.pipeline.architectures
    return names if job.pipeline.training.stage else tuple(name for name in names if name != "stage")
