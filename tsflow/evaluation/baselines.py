"""Seasonal naive with honest quantiles: what every network must beat, and what steps in for them."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.differences import seasonal_differences, step_differences
from tsflow.evaluation.outcomes import history, next_slot
from tsflow.evaluation.spread import residual_quantiles, unit_normal
from tsflow.panel import Panel
from tsflow.training.windows import Pairs

Floats = NDArray[np.float64]
Slots = NDArray[np.int64]

_LONE_SPREAD = 0.5
"""Standard deviation assumed for a series seen once, as a share of its value (in units of y if that is 0)."""


def seasonal_naive(panel: Panel, pairs: Pairs, horizon: int, season_length: int, levels: Sequence[float]) -> Floats:
    """The same step of the last season that was observed, with quantiles from the series' own past changes.

    The median is the seasonal naive forecast itself. Around it lie the quantiles of the series' seasonal
    differences up to the cutoff, times the square root of the seasons ahead. A series shorter than a season,
    and a step that no season has observed, gets the last value, with quantiles of its steps times the square
    root of the steps ahead. Where changes are too few for quantiles, Student's t stands in, which is wide.

    Args:
        panel: The series; nothing after a pair's cutoff is looked at.
        pairs: Where to forecast; each must have an observation at or before its cutoff.
        horizon: Steps ahead, H.
        season_length: Steps in a season.
        levels: Of the quantiles, ascending, length Q.

    Returns:
        Shape [P, H, Q], finite, ascending along Q, in units of y.

    Raises:
        ValueError: If a pair has seen no observation, since there is nothing to repeat.
    """
    begin, end = history(panel, pairs)
    last = _last_observed(panel, begin, end)
    same_step = _same_step(panel, pairs, horizon, season_length)  # [P, H], -1 where no season has it
    seasonal = (same_step >= 0) & (end - begin >= season_length)[:, None]
    source = np.where(seasonal, same_step, last[:, None])
    target = next_slot(panel, pairs)[:, None] + np.arange(horizon)  # from a cutoff long after the end, too
    growth = np.sqrt((target - source) / np.where(seasonal, season_length, 1))
    by_season, by_step = _spreads(panel, pairs, seasonal, season_length, levels)  # [P, Q]
    spread = np.where(seasonal[:, :, None], by_season[:, None, :], by_step[:, None, :])  # [P, H, Q]
    forecast: Floats = panel.values[source].astype(np.float64)[:, :, None] + growth[:, :, None] * spread
    return forecast


def _spreads(
    panel: Panel, pairs: Pairs, seasonal: NDArray[np.bool_], season_length: int, levels: Sequence[float]
) -> tuple[Floats, Floats]:
    """Quantiles of a change over one season, and over one step, both [P, Q]; 0 where no lead needs them."""
    begin, end = history(panel, pairs)
    season, known = residual_quantiles(seasonal_differences(panel, season_length), begin, end, levels)
    step = np.zeros_like(season)
    needed = np.flatnonzero(~(seasonal.all(axis=1) & known))
    if len(needed):
        first, last = begin[needed], _last_observed(panel, begin[needed], end[needed])
        size = _LONE_SPREAD * np.abs(panel.values[last].astype(np.float64))
        lone = np.where(size > 0, size, _LONE_SPREAD)[:, None] * unit_normal(levels)
        changes, enough = residual_quantiles(step_differences(panel), first, end[needed], levels)
        step[needed] = np.where(enough[:, None], changes, lone)
    return np.where(known[:, None], season, np.sqrt(season_length) * step), step


def _last_observed(panel: Panel, begin: Slots, end: Slots) -> Slots:
    """Slot of the last observation in each ``begin:end``, shape [P]."""
    if (begin == end).any():  # a series' first step is always observed
        raise ValueError("a pair has no observation at or before its cutoff: leave it out, with a reason")
    reach: Slots = np.maximum.accumulate(np.where(panel.observed, np.arange(len(panel.values)), -1))
    return reach[end - 1]


def _same_step(panel: Panel, pairs: Pairs, horizon: int, season_length: int) -> Slots:
    """Slot of the last observation whole seasons before each step ahead, shape [P, H]; -1 if none."""
    begin, end = history(panel, pairs)
    target = next_slot(panel, pairs)[:, None] + np.arange(min(horizon, season_length))
    seasons = -(-(target - end[:, None] + 1) // season_length)  # back to what the pair has seen
    slots = (target - seasons * season_length).ravel()
    first = np.repeat(begin, target.shape[1])
    found = np.full(len(slots), -1)
    missing = np.flatnonzero(slots >= first)
    while len(missing):  # once for most, and again for each season that a gap hides
        hit = panel.observed[slots[missing]]
        found[missing[hit]] = slots[missing[hit]]
        missing = missing[~hit]
        slots[missing] -= season_length
        missing = missing[slots[missing] >= first[missing]]
    return found.reshape(target.shape)[:, np.arange(horizon) % season_length]
