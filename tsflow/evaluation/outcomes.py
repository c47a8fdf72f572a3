"""What came true after a cutoff, laid beside the forecasts of it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsflow.panel import Panel
from tsflow.training.windows import Pairs


@dataclass(frozen=True)
class Outcomes:
    """The values that a forecast of H steps is held against."""

    actual: NDArray[np.float64]
    """Shape [P, H]; 0 where nothing was observed."""
    observed: NDArray[np.bool_]
    """Shape [P, H]."""


def outcomes(panel: Panel, pairs: Pairs, horizon: int) -> Outcomes:
    """The H steps after each pair's cutoff; a step outside its series is not observed."""
    begin, end = panel.offsets[pairs.series], panel.offsets[pairs.series + 1]
    slots = next_slot(panel, pairs)[:, None] + np.arange(horizon)  # [P, H]
    inside = (slots >= begin[:, None]) & (slots < end[:, None])
    observed, actual = np.zeros(slots.shape, dtype=bool), np.zeros(slots.shape)
    observed[inside] = panel.observed[slots[inside]]
    actual[inside] = panel.values[slots[inside]]
    return Outcomes(actual, observed)


def history(panel: Panel, pairs: Pairs) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """What each pair has seen: its first slot in the flat panel, and the one past its last; shapes [P]."""
    begin, end = panel.offsets[pairs.series], panel.offsets[pairs.series + 1]
    return begin, np.clip(next_slot(panel, pairs), begin, end)


def next_slot(panel: Panel, pairs: Pairs) -> NDArray[np.int64]:
    """The flat slot of the step after each cutoff, as if every series went on for ever; shape [P]."""
    return panel.offsets[pairs.series] + pairs.cutoff - panel.first[pairs.series] + 1
