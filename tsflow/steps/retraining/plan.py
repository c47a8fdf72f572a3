"""Whether a slot retrains, and what."""

from dataclasses import dataclass

from tsflow.steps.data.known import active_panel
from tsflow.steps.retraining.policy import observations, ruling
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.job import Job
from tsflow.steps.slot.run import begin, failing
from tsflow.store import runs
from tsflow.store.leases import fenced
from tsflow.store.panels import panel_digest


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
    """Begin the slot's retrain if the policy says that one is due, or it is forced; the run's report says why.

    Raises:
        DeviceError: If the configured device is not there.
    """
    policy = ruling(job)
    if not policy.due:
        return Skipped(policy.reason)
    panel = active_panel(job)
    run = begin(job, "retrain", data_digest=panel_digest(panel))
    if run.done:
        return Skipped(f"the retrain of slot {run.slot:%Y-%m-%d %H:%M} is done")
    with failing(job, run.id):
        if run.report is None:
            report = {"due": policy.reason, "observations": observations(job)}
            with fenced(job.engine, job.fence) as connection:
                runs.set_values(connection, run.id, report=report)
        held_out = len(Trial.of(panel, job.pipeline).protocol.select) > 0
        return Planned(run.id, _candidates(job) if held_out else ())


def _candidates(job: Job) -> tuple[str, ...]:
    """The configured architectures; the plain textbook mode has no stage to stand alone."""
    names = job.pipeline.architectures
    return names if job.pipeline.training.stage else tuple(name for name in names if name != "stage")
