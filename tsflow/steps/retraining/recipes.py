"""The recipes of a retrain: searched for once, before its candidates are trained, and put on record."""

import math
from collections.abc import Callable, Iterator
from itertools import cycle, islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.errors import DataError, TrainingError
from tsflow.evaluation import mase, outcomes, owa, seasonal_naive, smape
from tsflow.models import ARCHITECTURES, MEDIAN
from tsflow.steps.data.known import active_panel
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.job import Job, Progress
from tsflow.steps.slot.run import failing
from tsflow.store import runs
from tsflow.store.leases import fenced
from tsflow.training import Fitted, Recipe, fit, make_spec, plain_recipe
from tsflow.training.fit import planned_steps
from tsflow.training.recipe import SMALL
from tsflow.training.search import Tried, other_view, portfolio, search, variants
from tsflow.training.windows import TrainingWindows

_FEW_OBSERVATIONS = 3
"""Networks of an architecture on a small panel: they are quick, and one seed of AirPassengers spans 24 to 52."""

_LONGEST_RUN = 1200
"""Steps of a whole run beyond which a search takes no longer: 150 and 450 tell recipes apart on M4 sets."""

_EXACT = 1e-9
"""Least error of seasonal naive that others are measured by; a series of zeros has none."""

_PROXIES = ("gru", "lstm", "rnn", "cnn", "transformer")
"""Who tries the recipes: the first of these that is a candidate."""


def choose_recipes(job: Job, run_id: int, on_progress: Progress | None = None) -> list[Recipe]:
    """The recipes that every candidate of a retrain is trained by, best first; a retry returns those on record."""
    report = runs.get(job.engine, run_id).report or {}
    if "recipes" in report:
        return [Recipe(**recipe) for recipe in report["recipes"]]
    with failing(job, run_id):
        trial = Trial.of(active_panel(job), job.pipeline)
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
    sound = list(dict.fromkeys(one.recipe for one in tried if math.isfinite(one.owa)))
    if not sound:
        return [plain_recipe(trial.panel, job.pipeline.shape, training)] * (training.members or 1)
    if training.members is not None:
        return list(islice(cycle(sound), training.members))  # the seeds differ
    if trial.panel.observed.sum() < SMALL:
        return sound[:_FEW_OBSERVATIONS]
    return [sound[0], *other_view(tried)]


def _search(job: Job, trial: Trial, on_progress: Progress | None) -> list[Tried]:
    """Try recipes with one network, all by the same pairs."""
    pipeline, panel = job.pipeline, trial.panel
    training, shape = pipeline.training, pipeline.shape
    networks = [name for name in pipeline.architectures if ARCHITECTURES[name].staged]
    if not (training.search and training.stage and len(trial.protocol.tune) and networks):
        return []
    proxy = next((name for name in _PROXIES if name in networks), networks[0])
    overall = _overall(trial)
    done = 0

    def attempt(recipe: Recipe, share: float) -> float:
        nonlocal done
        done += 1
        if on_progress:
            on_progress(f"{recipe}", done, 0)
        try:
            return overall(_fit(job, trial, recipe, proxy, share))
        except (DataError, TrainingError, RuntimeError, ValueError):  # the candidates say what is wrong
            return math.inf

    def around(best: Recipe) -> Iterator[Recipe]:
        return variants(panel, pipeline.horizon, training, best)

    return search(portfolio(panel, shape, training), around, attempt)


def _fit(job: Job, trial: Trial, recipe: Recipe, proxy: str, share: float) -> Fitted:
    """A run of a share of the steps on the fit zone."""
    pipeline, protocol, panel = job.pipeline, trial.protocol, trial.panel
    horizon, until = pipeline.horizon, protocol.fit_last_target
    season_length = pipeline.shape.season_length
    windows = TrainingWindows(panel, context=recipe.context, horizon=horizon, last_target=until)
    return fit(
        panel,
        make_spec(panel, recipe, season_length=season_length, horizon=horizon, architecture=proxy, unit=trial.unit),
        pipeline.training.within(share),
        device=job.device,
        last_target=until,
        tune=protocol.tune,
        pair_scale=trial.scale(protocol.tune),
        steps=max(1, round(share * min(planned_steps(len(windows), pipeline.training), _LONGEST_RUN))),
        emphasis=recipe.emphasis,
        synthetic=recipe.synthetic,
    )


def _overall(trial: Trial) -> Callable[[Fitted], float]:
    """The overall weighted average of a network on the tune pairs, 1 for seasonal naive.

    Not the loss that chooses architectures: by that alone, recipes that err less in units of the naive error win,
    whatever they err in shares of y. On M4 hourly it chose a recipe whose OWA was .02 above that of this choice.
    """
    pairs, horizon = trial.protocol.tune, trial.pipeline.horizon
    truth, scale = outcomes(trial.panel, pairs, horizon), trial.scale(pairs)
    judged = truth.observed.any(axis=1)

    def errors(median: NDArray[np.float64]) -> tuple[float, float]:
        measured = (
            smape(median, truth.actual, truth.observed)[judged],
            mase(median, truth.actual, truth.observed, scale)[judged],
        )
        return float(measured[0].mean()), float(measured[1].mean())

    season_length = trial.pipeline.shape.season_length
    naive = errors(seasonal_naive(trial.panel, pairs, horizon, season_length, (0.5,))[:, :, 0])

    def overall(fitted: Fitted) -> float:
        found = errors(trial.raw(fitted)(pairs)[:, :, MEDIAN])
        return owa(*found, *(max(one, _EXACT) for one in naive))

    return overall
