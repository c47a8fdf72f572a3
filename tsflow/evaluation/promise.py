"""What the select pairs promise of a forecaster: its errors by lead, against which live ones are held later."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.outcomes import Outcomes
from tsflow.training.windows import Pairs

Floats = NDArray[np.float64]

_DIGITS = 6


def promise(quantiles: Floats, levels: tuple[float, ...], truth: Outcomes, scale: Floats, pairs: Pairs) -> Any:
    """Errors and coverage on held-out pairs, as a JSON document.

    Args:
        quantiles: Forecasts as they would be published, shape [P, H, Q], in units of y.
        levels: Of the quantiles, length Q.
        truth: What came true.
        scale: ``pair_scale``, shape [P].
        pairs: The pairs.

    Returns:
        ``error``: mean absolute scaled error of the median, by cutoff (oldest first; those of each series are counted
        back from its newest) and lead, C lists of H; a step that nobody observed is None. ``bias``, ``coverage_80``,
        ``coverage_95``: means over all pairs and leads.
    """
    median = quantiles[:, :, levels.index(0.5)]
    scaled = np.where(truth.observed, (median - truth.actual) / scale[:, None], np.nan)  # [P, H]
    turn = _turn(pairs)  # [P]
    errors = [_mean(np.abs(scaled[turn == number]), axis=0) for number in range(turn.max() + 1)]
    return {
        "error": [[_plain(value) for value in row] for row in errors],
        "bias": _plain(_mean(scaled.ravel(), axis=0)),
        "coverage_80": _coverage(quantiles, levels, truth, 0.1, 0.9),
        "coverage_95": _coverage(quantiles, levels, truth, 0.025, 0.975),
    }


def _turn(pairs: Pairs) -> NDArray[np.int64]:
    """The number of each pair's cutoff among those of its series, the newest last, which is the same for all, [P]."""
    order = np.lexsort((pairs.cutoff, pairs.series))
    _, counts = np.unique(pairs.series, return_counts=True)
    turn = np.empty(len(order), dtype=np.int64)
    turn[order] = counts.max() - np.repeat(np.cumsum(counts), counts) + np.arange(len(order))
    return turn


def _coverage(
    quantiles: Floats, levels: tuple[float, ...], truth: Outcomes, lower: float, upper: float
) -> float | None:
    low, high = quantiles[:, :, levels.index(lower)], quantiles[:, :, levels.index(upper)]
    inside = (low <= truth.actual) & (truth.actual <= high)
    return _plain(_mean(np.where(truth.observed, inside, np.nan).ravel(), axis=0))


def _mean(values: Floats, axis: int) -> Floats:
    known = ~np.isnan(values)
    count = known.sum(axis=axis)
    total = np.where(known, values, 0.0).sum(axis=axis)
    mean: Floats = np.divide(total, count, out=np.full(np.shape(total), np.nan), where=count > 0)
    return mean


def _plain(value: Any) -> float | None:
    return None if np.isnan(value) else round(float(value), _DIGITS)
