"""The mean of the architectures as a candidate of its own, made of what they were trained to."""

from tsflow.artifacts import load_model
from tsflow.errors import ArtifactError, TrainingError
from tsflow.models import ARCHITECTURES
from tsflow.steps.retraining.members import together
from tsflow.steps.retraining.train import record_candidate, record_refit, refit
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.job import Job, Progress
from tsflow.store import models
from tsflow.store.models import ModelRow
from tsflow.training import Fitted, describe_device

ENSEMBLE = "ensemble"


def ensemble_candidate(job: Job, run_id: int, trial: Trial) -> ModelRow | None:
    """Record and score the mean of the trained networks; none if there are not two of them."""
    made = models.find(job.engine, run_id, ENSEMBLE, "candidate")
    if made and made.select_loss is not None:
        return made
    rows = [
        row
        for row in models.of_run(job.engine, run_id)
        if (row.role, row.status) == ("candidate", "trained") and row.architecture in _networks()
    ]
    if len(rows) < 2:
        return None
    fitted = trial.tuned(together(ENSEMBLE, [_loaded(job, row) for row in rows]))
    return record_candidate(job, run_id, trial, fitted, members=[row.id for row in rows])


def refit_ensemble(job: Job, trial: Trial, candidate: ModelRow, on_progress: Progress | None = None) -> ModelRow:
    """The mean of the members' refit weights; of those that collapsed, the mean of the weights before.

    Raises:
        TrainingError, DataError, ArtifactError: If a member cannot be trained again.
    """
    made = models.find(job.engine, candidate.run_id, ENSEMBLE, "refit")
    if made:
        return made
    if not candidate.members:
        raise TrainingError(f"model {candidate.id} has no members")
    rows = []
    for member_id in candidate.members:
        before = models.get(job.engine, member_id)
        after = refit(job, trial, before, on_progress)
        rows.append(before if after.error else after)
    fitted = together(ENSEMBLE, [_loaded(job, row) for row in rows])
    return record_refit(job, trial, candidate, fitted, members=[row.id for row in rows])


def _networks() -> set[str]:
    """The architectures that have a network; the stage alone is no member."""
    return {name for name, architecture in ARCHITECTURES.items() if architecture.plain}


def _loaded(job: Job, row: ModelRow) -> Fitted:
    """A trained model as if it had just been fitted."""
    if row.artifact_url is None or row.artifact_sha256 is None:
        raise ArtifactError(f"model {row.id} has no artifact: retrain")
    device = job.device
    model, spec, _ = load_model(row.artifact_url, row.artifact_sha256, device)
    return Fitted(
        model,
        spec,
        steps=row.steps or 0,
        seconds=row.seconds or 0.0,
        tune_loss=None,
        curve=[],
        device=describe_device(device),
        notices=(),
    )
