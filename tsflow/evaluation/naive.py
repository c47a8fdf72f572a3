"""Naive and drift: the last value, and the last value on its way since the first."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.baselines import seasonal_naive
from tsflow.evaluation.outcomes import history, next_slot
from tsflow.panel import Panel
from tsflow.training.windows import Pairs

Floats = NDArray[np.float64]


def naive(panel: Panel, pairs: Pairs, horizon: int, levels: Sequence[float]) -> Floats:
    """The last value, with quantiles of the series' own steps times the root of the steps ahead: [P, H, Q]."""
    return seasonal_naive(panel, pairs, horizon, 1, levels)


def drift(panel: Panel, pairs: Pairs, horizon: int, levels: Sequence[float]) -> Floats:
    """Naive, moved on each step by the mean change from the first value to the last: [P, H, Q].

    Hyndman & Athanasopoulos (2021), "Forecasting: principles and practice", section 5.2.
    """
    begin, end = history(panel, pairs)
    last = np.maximum.accumulate(np.where(panel.observed, np.arange(len(panel.values)), -1))[end - 1]
    change = panel.values[last].astype(np.float64) - panel.values[begin]
    slope = change / np.maximum(last - begin, 1)
    ahead = next_slot(panel, pairs)[:, None] + np.arange(horizon) - last[:, None]  # steps since the last value
    moved: Floats = naive(panel, pairs, horizon, levels) + (slope[:, None] * ahead)[:, :, None]
    return moved
