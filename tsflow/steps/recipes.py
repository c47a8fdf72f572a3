"""The recipes of a retrain: searched for once, before its candidates are trained, and put on record."""

import math
from collections.abc import Iterator
from typing import Any

from tsflow.errors import DataError, TrainingError
from tsflow.models import ARCHITECTURES
from tsflow.steps.data import live_panel
from tsflow.steps.job import Job, Progress
from tsflow.steps.run import failing
from tsflow.steps.trial import Trial
from tsflow.store import runs
from tsflow.store.leases import fenced
from tsflow.training import Recipe, fit, make_spec, plain_recipe, resolve_device
from tsflow.training.fit import planned_steps
from tsflow.training.recipe import SMALL
from tsflow.training.search import Tried, portfolio, search, variants
from tsflow.training.windows import TrainingWindows

_PROXIES = ("gru", "lstm", "rnn", "cnn", "transformer")
"""Who tries the recipes: the first of these that is a candidate."""


def choose_recipes(job: Job, run_id: int, on_progress: Progress | None = None) -> list[Recipe]:
    """The recipes that every candidate of a retrain is trained by, best first; a retry returns those on record."""
    report = runs.get(job.engine, run_id).report or {}
    if "recipes" in report:
        return [Recipe(**recipe) for recipe in report["recipes"]]
    with failing(job, run_id):
        trial = Trial.of(live_panel(job), job.pipeline)
        tried = _search(job, trial, on_progress)
        recipes = _best(job, trial, tried)
        found: dict[str, Any] = {
            "recipes": [recipe.to_json() for recipe in recipes],
            "tried": [one.to_json() for one in tried],
        }
        with fenced(job.engine, job.fence) as connection:
            runs.set_values(connection, run_id, report=report | found)
    return recipes


def _best(job: Job, trial: Trial, tried: list[Tried]) -> list[Recipe]:
    """One recipe for each network of an architecture; the plain one where none was searched for."""
    training = job.pipeline.training
    if not tried:
        return [plain_recipe(trial.panel, job.pipeline.shape, training)]
    small = trial.panel.observed.sum() < SMALL
    members = training.members or (3 if small else 2)
    distinct = list(dict.fromkeys(one.recipe for one in tried if math.isfinite(one.tune_loss)))
    return distinct[:members] or [plain_recipe(trial.panel, job.pipeline.shape, training)]


def _search(job: Job, trial: Trial, on_progress: Progress | None) -> list[Tried]:
    pipeline, protocol = job.pipeline, trial.protocol
    training, shape, horizon = pipeline.training, pipeline.shape, pipeline.horizon
    networks = [name for name in pipeline.architectures if ARCHITECTURES[name].staged]
    if not (training.search and training.stage and len(protocol.tune) and networks):
        return []
    proxy = next((name for name in _PROXIES if name in networks), networks[0])
    device, scale = resolve_device(job.project.device), trial.scale(protocol.tune)
    done = 0

    def attempt(recipe: Recipe, share: float) -> float:
        nonlocal done
        done += 1
        if on_progress:
            on_progress(f"{recipe}", done, 0)
        spec = make_spec(trial.panel, recipe, season_length=shape.season_length, horizon=horizon, architecture=proxy)
        try:
            windows = TrainingWindows(
                trial.panel, context=spec.context, horizon=horizon, last_target=protocol.fit_last_target
            )
            fitted = fit(
                trial.panel,
                spec,
                training,
                device=device,
                last_target=protocol.fit_last_target,
                tune=protocol.tune,
                pair_scale=scale,
                steps=max(1, round(share * planned_steps(len(windows), training))),
                emphasis=recipe.emphasis,
                synthetic=recipe.synthetic,
            )
        except (DataError, TrainingError, RuntimeError, ValueError):  # the candidates say what is wrong
            return math.inf
        return math.inf if fitted.tune_loss is None else fitted.tune_loss

    def around(best: Recipe) -> Iterator[Recipe]:
        return variants(trial.panel, horizon, training, best)

    return search(portfolio(trial.panel, shape, training), around, attempt)
