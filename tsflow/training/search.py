"""The search for recipes: a small portfolio, tried with short runs of one network on the tune zone."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from tsflow.config import Training
from tsflow.frequency import WindowShape
from tsflow.panel import Panel
from tsflow.training.recipe import SMALL, Recipe

QUICK_SHARE = 1 / 8
"""Share of a whole run's steps with which a recipe is tried first."""
FINAL_SHARE = 3 / 8
"""Share with which the finalists are tried again."""
FINALISTS = 3
_NEARLY = 1.03


@dataclass(frozen=True)
class Tried:
    """A recipe that was tried."""

    recipe: Recipe
    share: float
    """Of a whole run's steps."""
    owa: float
    """Overall weighted average on the tune pairs, 1 for seasonal naive; infinite if it failed."""

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        owa = self.owa if math.isfinite(self.owa) else None
        return {"recipe": self.recipe.to_json(), "share": self.share, "owa": owa}


Try = Callable[[Recipe, float], float]
"""The overall weighted average that a network reaches by a recipe in a share of a whole run's steps."""


def search(first: Iterable[Recipe], around: Callable[[Recipe], Iterable[Recipe]], attempt: Try) -> list[Tried]:
    """Try a portfolio, then variants of the best of it, then the finalists with more steps.

    Returns:
        All trials; the finalists come first, best first. Successive halving: Jamieson & Talwalkar (2016).
    """
    trials = [Tried(recipe, QUICK_SHARE, attempt(recipe, QUICK_SHARE)) for recipe in first]
    best = min(trials, key=_error).recipe
    trials += [Tried(recipe, QUICK_SHARE, attempt(recipe, QUICK_SHARE)) for recipe in around(best)]
    trials.sort(key=_error)
    finals = [Tried(one.recipe, FINAL_SHARE, attempt(one.recipe, FINAL_SHARE)) for one in trials[:FINALISTS]]
    return sorted(finals, key=_error) + trials


def other_view(tried: Sequence[Tried]) -> list[Recipe]:
    """The best recipe of another context than the winner's, if it is nearly as good: their mean is better than either.

    Args:
        tried: Of `search`.

    Returns:
        One recipe or none. M4 weekly: OWA .787 with a year of context, .781 with two, .772 the mean of both.
    """
    best = tried[0].recipe
    quick = sorted((one for one in tried if one.share == QUICK_SHARE), key=_error)
    least = next(one.owa for one in quick if one.recipe == best)
    others = [one.recipe for one in quick if one.recipe.context != best.context and one.owa <= _NEARLY * least]
    return others[:1]


def portfolio(panel: Panel, shape: WindowShape, training: Training) -> list[Recipe]:
    """Transforms with and without emphasis on the windows that move more."""
    if panel.has_negative:  # a configured transform is for those without
        chosen = [("none", 0.0), ("none", 0.5)]
    else:
        kinds = [("log", 0.0), ("log", 0.5), ("power", 0.0), ("power", 0.5), ("none", 0.0)]
        chosen = [kind for kind in kinds if training.transform in ("auto", kind[0])]
    return [
        Recipe(transform, shape.token, shape.context, emphasis=emphasis)  # type: ignore[arg-type]
        for transform, emphasis in chosen
    ]


def variants(panel: Panel, horizon: int, training: Training, best: Recipe) -> Iterator[Recipe]:
    """What may be better around the best of the portfolio."""
    lengths = panel.lengths[panel.lengths > 0]
    twice = 2 * best.context
    if training.context is None and (lengths >= 2 * (twice + horizon)).mean() >= 0.5:
        yield replace(best, context=twice)
        if training.token is None and best.token > 1:
            yield replace(best, context=twice, token=2 * best.token)  # as many tokens, and as quick
    yield replace(best, level="season")
    if panel.observed.sum() < SMALL:
        yield replace(best, synthetic=0.5)
        yield replace(best, synthetic=1.0)


def _error(trial: Tried) -> float:
    return trial.owa
