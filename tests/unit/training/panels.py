"""Panels for the tests of training: built from plain numbers, and drawn at random."""

from collections.abc import Mapping, Sequence

import numpy as np
from hypothesis import strategies as st

from tsflow.frequency import Frequency
from tsflow.panel import Panel

HOURLY = Frequency.parse("h")
Steps = Mapping[int, float]

panels = st.lists(
    st.dictionaries(st.integers(-20, 20), st.integers(-9, 9).map(float), max_size=15), min_size=1, max_size=4
)
"""Series as values by grid position; some are empty, most have gaps."""


def panel_of(series: Sequence[Steps]) -> Panel:
    ordered = [sorted(steps.items()) for steps in series]
    flat = [item for steps in ordered for item in steps]
    return Panel.from_observations(
        HOURLY,
        [f"series {index}" for index in range(len(series))],
        np.array([len(steps) for steps in ordered]),
        HOURLY.timestamp(np.array([position for position, _ in flat], dtype=np.int64)),
        np.array([y for _, y in flat]),
    )


def sinusoids(*, count: int, length: int, season: int, noise: float) -> Panel:
    """Noisy sine waves of one season with phases and amplitudes of their own."""
    random = np.random.default_rng(0)
    steps = np.arange(length)
    waves = [
        10 + amplitude * np.sin(2 * np.pi * (steps / season + phase)) + random.normal(0, noise, length)
        for amplitude, phase in random.uniform(0.5, 2.0, (count, 2))
    ]
    return panel_of([dict(enumerate(map(float, wave))) for wave in waves])
