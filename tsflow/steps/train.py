"""Train one candidate on the fit zone and score it on the select pairs; train a chosen one again on everything."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.artifacts import save_model
from tsflow.errors import ArtifactError, DataError, TrainingError, TsflowError
from tsflow.evaluation import collapsed
from tsflow.models import ModelSpec
from tsflow.steps.clock import to_datetime
from tsflow.steps.data import live_panel
from tsflow.steps.job import Job, Progress
from tsflow.steps.trial import Trial
from tsflow.store import models
from tsflow.store.models import ModelRow
from tsflow.training import Fitted, fit, make_spec, resolve_device
from tsflow.training.run import Progress as FitProgress


def train_candidate(job: Job, run_id: int, architecture: str, on_progress: Progress | None = None) -> int:
    """Train, save and score one architecture; returns the model's id. A retry of a scored candidate returns it.

    Raises:
        TrainingError: If it cannot be trained; its row says why, and the others go on.
    """
    done = models.find(job.engine, run_id, architecture, "candidate")
    if done and done.select_loss is not None:
        return done.id
    trial = Trial.of(live_panel(job), job.pipeline)
    try:
        candidate = _train(job, run_id, architecture, trial, on_progress)
    except (TrainingError, DataError, ArtifactError, RuntimeError, ValueError) as error:
        reason = str(error) if isinstance(error, TsflowError) else f"{type(error).__name__}: {error}"
        failed = models.Training(architecture=architecture, role="candidate", status="failed", error=reason)
        models.record(job.engine, job.fence, run_id, failed)
        raise TrainingError(f"{architecture}: {reason}") from error
    if job.pipeline.training.refit == "all":
        refit(job, trial, candidate, on_progress)
    return candidate.id


def refit(job: Job, trial: Trial, candidate: ModelRow, on_progress: Progress | None = None) -> ModelRow:
    """The candidate's recipe on everything there is, for the steps that the tune zone fixed; returns its row.

    Its weights have seen the select pairs, so that these only tell whether they collapsed: ``error`` says so then.
    """
    made = models.find(job.engine, candidate.run_id, candidate.architecture, "refit")
    if made:
        return made
    fitted = fit(
        trial.panel,
        ModelSpec.from_json(candidate.configuration["spec"]),
        job.pipeline.training,
        device=resolve_device(job.project.device),
        steps=candidate.steps,
        on_progress=_progress(on_progress, f"refit {candidate.architecture}"),
    )
    losses = trial.losses(trial.forecaster(fitted)(trial.protocol.select), trial.protocol.select)
    before = models.scores(job.engine, candidate.run_id)[candidate.id]
    values = _described(job, fitted, trial, trial.panel.last)
    verdict = collapsed(losses, before)
    return models.record(
        job.engine,
        job.fence,
        candidate.run_id,
        models.Training(role="refit", select_loss=trial.mean_loss(losses), error=verdict, **values),
    )


def _train(job: Job, run_id: int, architecture: str, trial: Trial, on_progress: Progress | None) -> ModelRow:
    pipeline, protocol = job.pipeline, trial.protocol
    spec = make_spec(
        trial.panel,
        shape=pipeline.shape,
        horizon=pipeline.horizon,
        architecture=architecture,
        training=pipeline.training,
    )
    fitted = fit(
        trial.panel,
        spec,
        pipeline.training,
        device=resolve_device(job.project.device),
        last_target=protocol.fit_last_target,
        tune=protocol.tune,
        pair_scale=trial.scale(protocol.tune),
        on_progress=_progress(on_progress, architecture),
    )
    losses = trial.losses(trial.forecaster(fitted)(protocol.select), protocol.select)
    values = _described(job, fitted, trial, protocol.fit_last_target)
    row = models.record(job.engine, job.fence, run_id, models.Training(role="candidate", **values))
    record_scores(job, trial, row.id, losses)
    return models.get(job.engine, row.id)


def record_scores(job: Job, trial: Trial, model_id: int, losses: NDArray[np.float64]) -> None:
    """Write what a model scored on the select pairs."""
    pairs = trial.protocol.select
    models.score(
        job.engine,
        job.fence,
        model_id,
        series_id=trial.panel.series_ids[pairs.series],
        cutoff=trial.panel.frequency.timestamp(pairs.cutoff),
        value=losses,
        select_loss=trial.mean_loss(losses),
    )


def _described(job: Job, fitted: Fitted, trial: Trial, last_target: NDArray[np.int64]) -> dict[str, Any]:
    """The columns of a trained model's row. The artifact comes first: a row never names weights that are not there."""
    artifact = save_model(job.project.artifacts, fitted.model, fitted.spec, {"pipeline": job.name})
    training, last = job.pipeline.training, last_target[trial.panel.lengths > 0].max(keepdims=True)
    return {
        "architecture": fitted.spec.architecture,
        "configuration": {
            "spec": fitted.spec.to_json(),
            "training": training.model_dump(mode="json"),
            "notices": list(fitted.notices),
        },
        "seed": training.seed,
        "device": fitted.device,
        "trained_until": to_datetime(trial.panel.frequency.timestamp(last)[0]),
        "parameters": sum(weights.numel() for weights in fitted.model.parameters()),
        "steps": fitted.steps,
        "seconds": fitted.seconds,
        "tune_loss": fitted.tune_loss,
        "curve": fitted.curve,
        "artifact_url": artifact.url,
        "artifact_sha256": artifact.sha256,
    }


def _progress(on_progress: Progress | None, what: str) -> FitProgress | None:
    if on_progress is None:
        return None

    def report(done: int, total: int, fit_loss: float, tune_loss: float | None) -> None:
        tuned = "" if tune_loss is None else f", tune {tune_loss:.4f}"
        on_progress(f"{what}: loss {fit_loss:.4f}{tuned}", done, total)

    return report
