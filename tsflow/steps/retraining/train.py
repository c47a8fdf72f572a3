"""Train one candidate on the fit zone and score it on the select pairs; train a chosen one again on everything."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.artifacts import save_model
from tsflow.errors import ArtifactError, DataError, TrainingError, TsflowError
from tsflow.evaluation import collapsed
from tsflow.steps.data.known import active_panel
from tsflow.steps.retraining.explain import explanation
from tsflow.steps.retraining.members import Member, fit_member, together
from tsflow.steps.retraining.recipes import choose_recipes
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.clock import to_datetime
from tsflow.steps.slot.job import Job, Progress
from tsflow.store import models
from tsflow.store.models import ModelRow
from tsflow.training import Fitted

FAILS_ALONE = (TrainingError, DataError, ArtifactError)
"""What costs one architecture its place and nothing else; whatever else is raised is no candidate's fault."""


def train_candidate(job: Job, run_id: int, architecture: str, on_progress: Progress | None = None) -> int:
    """Train, save and score one architecture; returns the model's id. A retry goes on where it stopped.

    Raises:
        TrainingError: If it cannot be trained; its row says why, and the others go on (``FAILS_ALONE``).
    """
    trial = Trial.of(active_panel(job), job.pipeline)
    candidate = models.find(job.engine, run_id, architecture, "candidate")
    if candidate is None or candidate.select_loss is None:
        candidate = _train(job, run_id, architecture, trial, on_progress)
    if job.pipeline.refits_all:
        refit(job, trial, candidate, on_progress)
    return candidate.id


def refit(job: Job, trial: Trial, candidate: ModelRow, on_progress: Progress | None = None) -> ModelRow:
    """The candidate's networks on everything there is, each for the steps that the tune zone fixed; returns its row."""
    made = models.find(job.engine, candidate.run_id, candidate.architecture, "refit")
    if made:
        return made
    members = [Member.from_json(member) for member in candidate.configuration["networks"]]
    fits, networks = _fit_all(job, trial, candidate.architecture, members, on_progress, again=True)
    return record_refit(job, trial, candidate, together(candidate.architecture, fits), networks=networks)


def record_refit(
    job: Job,
    trial: Trial,
    candidate: ModelRow,
    fitted: Fitted,
    *,
    networks: Sequence[Member] = (),
    members: list[int] | None = None,
) -> ModelRow:
    """Save refit weights and write their row.

    They have seen the select pairs, so that these only tell whether they collapsed: ``error`` says so then.
    """
    loss = trial.mean_loss(trial.losses(trial.as_published(fitted)(trial.protocol.select), trial.protocol.select))
    verdict = collapsed(loss, candidate.select_loss)
    values = _described(job, fitted, trial, trial.panel.last, networks)
    row = models.Training(role="refit", members=members, select_loss=loss, error=verdict, **values)
    return models.record(job.engine, job.fence, candidate.run_id, row)


def record_candidate(
    job: Job,
    run_id: int,
    trial: Trial,
    fitted: Fitted,
    *,
    networks: Sequence[Member] = (),
    members: list[int] | None = None,
) -> ModelRow:
    """Save a candidate's weights, write its row, and what it scored on the select pairs."""
    pairs = trial.protocol.select
    forecast = trial.as_published(fitted)(pairs)
    losses = trial.losses(forecast, pairs)
    values = _described(job, fitted, trial, trial.protocol.fit_last_target, networks)
    if not members:  # what is said of one architecture means nothing of a mean of several
        values["explanation"] = explanation(trial, fitted, forecast)
    row = models.record(job.engine, job.fence, run_id, models.Training(role="candidate", members=members, **values))
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


def _train(job: Job, run_id: int, architecture: str, trial: Trial, on_progress: Progress | None) -> ModelRow:
    seed = job.pipeline.training.seed
    try:
        recipes = choose_recipes(job, run_id, on_progress)
        members = [Member(recipe, seed + number) for number, recipe in enumerate(recipes)]
        fits, networks = _fit_all(job, trial, architecture, members, on_progress)
        fitted = trial.tuned(together(architecture, fits))
        return record_candidate(job, run_id, trial, fitted, networks=networks)
    except (TrainingError, DataError, ArtifactError, RuntimeError, ValueError) as error:
        reason = str(error) if isinstance(error, TsflowError) else f"{type(error).__name__}: {error}"
        failed = models.Training(architecture=architecture, role="candidate", status="failed", error=reason)
        models.record(job.engine, job.fence, run_id, failed)
        raise TrainingError(f"{architecture}: {reason}") from error


def _fit_all(
    job: Job,
    trial: Trial,
    architecture: str,
    members: Sequence[Member],
    on_progress: Progress | None,
    *,
    again: bool = False,
) -> tuple[list[Fitted], list[Member]]:
    share = 1 / len(members)
    pairs = [
        fit_member(job, trial, architecture, one, share=share, again=again, on_progress=on_progress) for one in members
    ]
    return [fitted for fitted, _ in pairs], [member for _, member in pairs]


def _described(
    job: Job, fitted: Fitted, trial: Trial, last_target: NDArray[np.int64], networks: Sequence[Member]
) -> dict[str, Any]:
    """The columns of a trained model's row. The artifact comes first: a row never names weights that are not there."""
    artifact = save_model(job.project.artifacts, fitted.model, fitted.spec, {"pipeline": job.name})
    training, last = job.pipeline.training, last_target[trial.panel.lengths > 0].max(keepdims=True)
    return {
        "architecture": fitted.spec.architecture,
        "configuration": {
            "spec": fitted.spec.to_json(),
            "networks": [network.to_json() for network in networks],
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
