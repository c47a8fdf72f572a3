"""Quantiles of past changes: the spread of a forecast that repeats a value."""

from collections.abc import Sequence
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.differences import Differences

Floats = NDArray[np.float64]
Slots = NDArray[np.int64]

_RECENT = 1000
"""Steps looked back: 25 changes lie in each 2.5 % tail, and old calm does not hide new unrest."""

_ENOUGH = 20
"""Changes from which on their own quantiles are used; the 2.5 % tail of fewer is their extreme at best."""

_BLOCK = 2_000_000
"""Numbers held at a time (16 MB)."""


def residual_quantiles(
    differences: Differences, begin: Slots, end: Slots, levels: Sequence[float]
) -> tuple[Floats, NDArray[np.bool_]]:
    """Quantiles of the changes known in each ``begin:end``, spread around zero.

    The median is zero, lower quantiles are never above it and higher ones never below, so that they can be
    added to a forecast that stays their median. Of fewer than 20 changes they are their root mean square
    times Student's t, with as many degrees of freedom as there are changes.

    Returns:
        Quantiles, shape [P, Q], ascending along Q, and whether any change is known, shape [P].
    """
    count = np.zeros(len(begin), dtype=np.int64)
    spread = np.zeros((len(begin), len(levels)))
    width = max(1, min(_RECENT, int((end - begin).max(initial=1))))
    block = max(1, _BLOCK // width)
    for start in range(0, len(begin), block):
        part = slice(start, start + block)
        count[part], spread[part] = _block_quantiles(differences, begin[part], end[part], width, levels)
    return spread, count > 0


def unit_normal(levels: Sequence[float]) -> Floats:
    """Standard normal quantiles, shape [Q]."""
    return np.array([NormalDist().inv_cdf(level) for level in levels])


def _block_quantiles(
    differences: Differences, begin: Slots, end: Slots, width: int, levels: Sequence[float]
) -> tuple[NDArray[np.int64], Floats]:
    slots = end[:, None] - np.arange(1, width + 1)  # [P, W], newest first
    inside = slots >= begin[:, None]
    slots = np.where(inside, slots, 0)
    if not len(differences.known):
        return np.zeros(len(begin), dtype=np.int64), np.zeros((len(begin), len(levels)))
    known = inside & differences.known[slots]
    change = differences.change[slots]
    count = known.sum(axis=1)
    size = np.sqrt(np.where(known, change**2, 0.0).sum(axis=1) / np.maximum(count, 1))
    spread = size[:, None] * _student(levels, count)
    many = count >= _ENOUGH
    spread[many] = _empirical(np.where(known[many], change[many], np.inf), count[many], levels)
    return count, spread


def _empirical(change: Floats, count: NDArray[np.int64], levels: Sequence[float]) -> Floats:
    """Weibull's quantiles, rank q (n + 1), which cover of the next draw what they say; [P, W] to [P, Q]."""
    change = np.sort(change, axis=1)  # what is not known is infinite, and last
    rank = np.clip(np.outer(count + 1, levels) - 1, 0, (count - 1)[:, None])
    lower = rank.astype(np.int64)
    low = np.take_along_axis(change, lower, axis=1)
    high = np.take_along_axis(change, np.minimum(lower + 1, (count - 1)[:, None]), axis=1)
    side = np.sign(np.asarray(levels) - 0.5)
    quantiles: Floats = side * np.maximum(side * (low + (rank - lower) * (high - low)), 0.0)
    return quantiles


def _student(levels: Sequence[float], count: NDArray[np.int64]) -> Floats:
    """Student's t quantiles, shape [P, Q]; within 4 % of them from two degrees of freedom on.

    Abramowitz & Stegun (1964), 26.7.5.
    """
    z = unit_normal(levels)
    n = np.maximum(count, 1)[:, None].astype(np.float64)
    first = (z**3 + z) / 4
    second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    quantiles: Floats = z + first / n + second / n**2 + third / n**3
    return quantiles
