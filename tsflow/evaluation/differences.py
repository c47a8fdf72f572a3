"""How much a series changes: from season to season, and from observation to observation."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsflow.panel import Panel


@dataclass(frozen=True)
class Differences:
    """A change for each step of a panel, known only where both of its ends were observed."""

    change: NDArray[np.float64]
    """Shape [T]; 0 where it is not known."""
    known: NDArray[np.bool_]
    """Shape [T]."""


def seasonal_differences(panel: Panel, season_length: int) -> Differences:
    """Each observation less the one a season before it: the errors of a seasonal naive forecast."""
    steps = np.arange(len(panel.values)) - np.repeat(panel.offsets[:-1], panel.lengths)
    known = panel.observed & (steps >= season_length)
    known[season_length:] &= panel.observed[:-season_length]
    values = panel.values.astype(np.float64)
    change = np.zeros(len(values))
    np.subtract(values[season_length:], values[:-season_length], out=change[season_length:])
    change[~known] = 0.0
    return Differences(change, known)


def step_differences(panel: Panel) -> Differences:
    """Each observation less the one before it, over the square root of the steps between (a random walk)."""
    seen = np.flatnonzero(panel.observed)
    series = np.repeat(np.arange(len(panel)), panel.lengths)[seen]
    same = np.diff(series) == 0
    before, now = seen[:-1][same], seen[1:][same]
    change, known = np.zeros(len(panel.values)), np.zeros(len(panel.values), dtype=bool)
    change[now] = (panel.values[now].astype(np.float64) - panel.values[before]) / np.sqrt(now - before)
    known[now] = True
    return Differences(change, known)
