"""Where a network's first weights come from: drawn at random, or those of the champion, as `training.init` says."""

from collections.abc import Mapping

from torch import Tensor, nn

from tsflow.artifacts import load_model
from tsflow.errors import ArtifactError
from tsflow.models import AnySpec, Ensemble, ModelSpec
from tsflow.steps.forecasting.champion import champion
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.clock import to_datetime
from tsflow.steps.slot.job import Job
from tsflow.store import models
from tsflow.store.models import ModelRow
from tsflow.training import Recipe

Weights = Mapping[str, Tensor]
FRESH = "fresh"


def initial_weights(
    job: Job, trial: Trial, spec: ModelSpec, recipe: Recipe, seed: int, *, again: bool
) -> tuple[str, Weights | None]:
    """What a network starts from, in words for the record, and the weights (none: drawn at random).

    A candidate starts from the weights that the champion had before it was trained on everything, and only if they
    have seen nothing after the fit zone: the tune and select pairs must be new to it. A refit, ``again``, starts from
    the champion as it is. Only the network of the same specification, recipe and seed goes on with them: of several
    networks each goes on with its own, so that they stay as different as they were.
    """
    if job.pipeline.training.init == FRESH:
        return FRESH, None
    row = _champion(job, trial, again)
    if row is None or row.artifact_url is None or row.artifact_sha256 is None:
        return f"{FRESH}: there are no weights of a champion that have not seen the held-out pairs", None
    try:
        model, known, _ = load_model(row.artifact_url, row.artifact_sha256, job.device)
    except ArtifactError as error:
        return f"{FRESH}: {error}", None
    for (network, own), fitted_by in zip(_networks(model, known), _fitted_by(job, row), strict=True):
        if (own, *fitted_by) == (spec, recipe, seed):
            return f"model {row.id}", network.state_dict()
    return f"{FRESH}: model {row.id} has no network of this recipe and seed", None


def _champion(job: Job, trial: Trial, again: bool) -> ModelRow | None:
    """The champion's row; for a candidate what it was before its refit, if that has seen nothing after the fit zone."""
    row = champion(job)
    if row is None or row.role == "baseline":
        return None
    if again:
        return row
    before = models.find(job.engine, row.run_id, row.architecture, "candidate")
    last = trial.protocol.fit_last_target[trial.panel.lengths > 0].min(keepdims=True)  # of the series that ends first
    fit_end = to_datetime(trial.panel.frequency.timestamp(last)[0])
    return before if before and before.trained_until and before.trained_until <= fit_end else None


def _networks(model: nn.Module, spec: AnySpec) -> list[tuple[nn.Module, ModelSpec]]:
    if isinstance(spec, ModelSpec):
        return [(model, spec)]
    assert isinstance(model, Ensemble)
    return list(zip(model.members, spec.members, strict=True))


def _fitted_by(job: Job, row: ModelRow) -> list[tuple[Recipe, int]]:
    """Recipe and seed of each network, in the order of the weights."""
    if row.members:
        return [one for member in row.members for one in _fitted_by(job, models.get(job.engine, member))]
    return [(Recipe(**network["recipe"]), network["seed"]) for network in row.configuration["networks"]]
