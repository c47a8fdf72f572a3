"""Choosing: which candidate is published, decided by held-out loss on the same pairs for all."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.bootstrap import least_gain, relative_gain

Floats = NDArray[np.float64]
Outcome = Literal["promoted", "renewed", "baseline"]

_CONFIDENCE = 0.9
"""Share of the bootstrap's resamples in which a challenger must show the margin."""

_PREFERENCE = 0.02
"""Gain that a candidate must show over the preferred one: a mean of networks errs less than its loss on few cutoffs
says. On held-out cutoffs of M1 yearly a network was better by 0.5 % in validation and worse by 1.5 % after it."""

_COLLAPSED = 1.25
"""Refit weights have learnt from the select targets, so that a loss a quarter higher is no accident."""


@dataclass(frozen=True)
class Candidate:
    """A model and its losses on the select pairs."""

    name: str
    architecture: str
    losses: Floats
    """``scaled_pinball`` of each pair, shape [P], in the same order for all candidates."""
    model_id: int | None = None


@dataclass(frozen=True)
class Choice:
    """What was decided, and why."""

    outcome: Outcome
    """`promoted`: another recipe than the champion's; `renewed`: the champion's; `baseline`: none is good."""
    winner: Candidate
    """The baseline where the outcome says so."""
    reason: str
    """In words, with the numbers."""
    table: list[dict[str, object]]
    """The baseline and each candidate, best first, as JSON can hold it, for `decisions.candidates`."""


@dataclass(frozen=True)
class _Scored:
    candidate: Candidate
    by_series: Floats
    """Mean loss of each series, shape [S]."""
    loss: float

    @property
    def sound(self) -> bool:
        return bool(np.isfinite(self.by_series).all())

    @property
    def rank(self) -> tuple[bool, float, str, str, int]:
        one = self.candidate
        return not self.sound, self.loss if self.sound else 0.0, one.name, one.architecture, one.model_id or 0

    def __str__(self) -> str:
        return f"{self.candidate.name} ({self.loss:.4f})"


def choose(
    candidates: Sequence[Candidate],
    baseline: Candidate,
    series: NDArray[np.int64],
    *,
    champion_architecture: str | None = None,
    preferred: str | None = None,
    margin: float = 0.0,
    seed: int = 0,
) -> Choice:
    """Choose by the mean over series of each series' mean loss; lower is better.

    The best candidate wins if it beats seasonal naive. With a margin it must also beat the champion's
    *recipe*, trained anew on the same data, by that share of its loss in 90 % of the resamples of a paired
    bootstrap over series; else that recipe's candidate is published, if it beats seasonal naive itself. A
    candidate with a loss that is not finite is out. Equal losses are decided by name, never by order.

    Args:
        candidates: What was trained.
        baseline: Seasonal naive.
        series: Series of each pair, shape [P].
        champion_architecture: Architecture of the model that forecasts now, if there is one.
        preferred: Architecture that wins unless another candidate is better by 2 %.
        margin: Relative gain asked for, 0 to 1.
        seed: Of the bootstrap.

    Raises:
        ValueError: If losses are not on the same pairs, or the baseline's are not finite.
    """
    floor = _score(baseline, series)
    if not floor.sound:
        raise ValueError(f"{baseline.name} has a loss that is not finite: nothing can be held against it")
    ranked = sorted((_score(one, series) for one in candidates), key=lambda one: one.rank)
    good = _preferred_first([one for one in ranked if one.sound and one.loss < floor.loss], preferred)
    rivals = [one for one in good if one.candidate.architecture == champion_architecture]
    if not good:
        winner, reason = floor, _none_good(ranked, floor)
    elif margin > 0 and rivals:
        winner, reason = _defend(rivals[0], good[0], margin, seed)
    else:
        winner, reason = good[0], _best_of(good, floor)
    out = ", ".join(one.candidate.name for one in ranked if not one.sound)
    reason += f"; out, with losses that are not finite: {out}" if out else ""
    same_recipe = winner.candidate.architecture == champion_architecture
    outcome: Outcome = "baseline" if winner is floor else "renewed" if same_recipe else "promoted"
    table = [_row(one, floor) for one in sorted([floor, *ranked], key=lambda one: one.rank)]
    return Choice(outcome, winner.candidate, reason, table)


def collapsed(refit_loss: float, unrefit_loss: float | None) -> str | None:
    """Why refit weights must not be used, in words; none if they may.

    Args:
        refit_loss: Mean loss of the refit weights on the select pairs.
        unrefit_loss: That of the weights that were selected, on the same pairs; none if it was not finite.
    """
    if not math.isfinite(refit_loss):
        return "the refit weights have a loss that is not finite on the select pairs"
    if unrefit_loss is None or refit_loss <= _COLLAPSED * unrefit_loss:
        return None
    return f"the refit weights lose {refit_loss:.4f} on select pairs that they have seen, {unrefit_loss:.4f} before it"


def _score(candidate: Candidate, series: NDArray[np.int64]) -> _Scored:
    if candidate.losses.shape != series.shape or not len(series):
        raise ValueError(
            f"{candidate.name} has losses of shape {candidate.losses.shape} for {len(series)} pairs: "
            "every candidate is scored on the same pairs, of which there is at least one"
        )
    _, index, count = np.unique(series, return_inverse=True, return_counts=True)
    by_series = np.bincount(index, weights=candidate.losses) / count
    return _Scored(candidate, by_series, float(by_series.mean()))


def _preferred_first(good: list[_Scored], preferred: str | None) -> list[_Scored]:
    """The candidates, best first, the preferred one before those that are hardly better."""
    favourites = [one for one in good if one.candidate.architecture == preferred]
    if favourites and _gain(good[0], favourites[0]) < _PREFERENCE:
        return [favourites[0], *(one for one in good if one is not favourites[0])]
    return good


def _none_good(ranked: list[_Scored], floor: _Scored) -> str:
    best = f"; the best is {ranked[0]}" if ranked and ranked[0].sound else ""
    return f"no candidate beats {floor}{best}"


def _best_of(good: list[_Scored], floor: _Scored) -> str:
    second = f", before {good[1]}" if len(good) > 1 else ""
    beats = f"it beats {floor} by {_gain(good[0], floor):.1%}"
    if len(good) > 1 and good[1].loss < good[0].loss:
        return f"{good[0]} is preferred to {good[1]}, which gains less than {_PREFERENCE:.0%}; {beats}"
    return f"{good[0]} has the lowest loss{second}; {beats}"


def _defend(rival: _Scored, best: _Scored, margin: float, seed: int) -> tuple[_Scored, str]:
    """The champion's recipe against the best candidate, which has to show the margin."""
    if best is rival:
        return rival, f"{rival} is the champion's recipe, and the best"
    least = least_gain(best.by_series, rival.by_series, confidence=_CONFIDENCE, seed=seed)
    resamples = f"{_CONFIDENCE:.0%} of resamples of {len(rival.by_series)} series"
    shown = f"gains {_gain(best, rival):.1%}, and {least:.1%} or more in {resamples}"
    if least >= margin:
        return best, f"{best} beats the champion's recipe {rival} by the margin of {margin:.1%}: it {shown}"
    return rival, f"the champion's recipe {rival} keeps its place: {best} {shown}; the margin is {margin:.1%}"


def _gain(one: _Scored, rival: _Scored) -> float:
    return float(relative_gain(np.asarray(one.loss), np.asarray(rival.loss)))


def _row(one: _Scored, floor: _Scored) -> dict[str, object]:
    return {
        "name": one.candidate.name,
        "architecture": one.candidate.architecture,
        "model_id": one.candidate.model_id,
        "loss": one.loss if one.sound else None,
        "gain_over_baseline": _gain(one, floor) if one.sound else None,
        "series_better_than_baseline": float(np.mean(one.by_series < floor.by_series)) if one.sound else None,
    }
