"""The usual error of each series, by which losses are divided so that large series do not decide."""

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.differences import Differences, seasonal_differences, step_differences
from tsflow.evaluation.outcomes import history
from tsflow.panel import Panel
from tsflow.training.windows import Pairs

_LEVEL_SHARE = 0.01
"""Least scale as a share of the mean absolute value: a constant series that moves by 1 % errs by 1.

Without it a series that stood still and then moves would decide for all others; with it what hardly moves on a high
level (degrees Kelvin, a barometer) counts less than its MASE by the book."""

_SMALLEST = 1e-30
"""What moves less counts as zeros, as it does in a network's window: divided by it, no loss is finite."""

_EXACT = 1e-6
"""Share of the mean absolute value below which a difference is the rounding of float32."""


def pair_scale(panel: Panel, pairs: Pairs, season_length: int) -> NDArray[np.float64]:
    """Mean absolute error of seasonal naive in each pair's series up to its cutoff, in units of y, [P]; above 0.

    Without two observations a season apart, or where all of these are equal, it is the mean difference of consecutive
    observations: an intermittent series may repeat its zeros from season to season. (Without this, 2 % of the pairs of
    a panel of car parts made 88 % of its loss.) It is never less than 1 % of the series' mean absolute value.
    A series of which nothing but zeros was seen has no size of its own: it gets the median scale of the
    others, or 1 if there are none; in a shard, that of the whole.
    """
    scale = own_scale(panel, pairs, season_length)
    return np.where(scale > 0, scale, usual_scale(scale) if panel.whole is None else panel.whole.usual_scale)


def usual_scale(scale: NDArray[np.float64]) -> float:
    """The median of those that are above 0, or 1 if none is."""
    sized = scale > 0
    return float(np.median(scale[sized])) if sized.any() else 1.0


def own_scale(panel: Panel, pairs: Pairs, season_length: int) -> NDArray[np.float64]:
    """`pair_scale`, but 0 where a series has none of its own."""
    begin, end = history(panel, pairs)
    scale = _mean_size(seasonal_differences(panel, season_length), begin, end)
    level = _mean_size(Differences(panel.values.astype(np.float64), panel.observed), begin, end)
    level = np.nan_to_num(level)
    vague = ~(scale > _EXACT * level)  # NaN, too
    if vague.any():
        scale[vague] = np.nan_to_num(_mean_size(step_differences(panel), begin[vague], end[vague]))
    scale = np.maximum(scale, _LEVEL_SHARE * level)
    return np.where(scale > _SMALLEST, scale, 0.0)


def _mean_size(differences: Differences, begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Mean absolute value of what is known in ``begin:end``, NaN where nothing is; shape [P]."""
    sizes = np.where(differences.known, np.abs(differences.change), 0.0)
    counts = np.concatenate([[0], np.cumsum(differences.known)])
    count = counts[end] - counts[begin]
    mean: NDArray[np.float64] = np.divide(
        _segment_sums(sizes, begin, end), count, out=np.full(len(begin), np.nan), where=count > 0
    )
    return mean


def _segment_sums(values: NDArray[np.float64], begin: NDArray[np.int64], end: NDArray[np.int64]) -> NDArray[np.float64]:
    """Sums of ``values[begin:end]``; a running total would lose small series behind one of 1e15."""
    order = np.argsort(begin, kind="stable")
    bounds = np.column_stack([begin[order], end[order]]).ravel()
    sums = np.zeros(len(begin))
    if len(bounds):
        sums[order] = np.add.reduceat(np.append(values, 0.0), bounds)[::2]
    return np.where(end > begin, sums, 0.0)
