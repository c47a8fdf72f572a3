"""Panels for the tests of evaluation: written out by hand, or drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st

from tsflow.frequency import Frequency
from tsflow.panel import Panel
from tsflow.training.windows import Pairs

MONTHLY = Frequency.parse("MS")
LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)


def panel_of(*series, starts=None):
    """A monthly panel; NaN is a gap, and series i starts at position ``starts[i]`` (0 if not given)."""
    starts = starts or [0] * len(series)
    arrays = [np.asarray(one, dtype=np.float64) for one in series]
    kept = [np.flatnonzero(np.isfinite(one)) for one in arrays]
    ds = [MONTHLY.timestamp(steps + start) for steps, start in zip(kept, starts, strict=True)]
    y = [one[steps] for one, steps in zip(arrays, kept, strict=True)]
    names = [f"s{index}" for index in range(len(series))]
    counts = np.array([len(steps) for steps in kept], dtype=np.int64)
    empty = np.zeros(0)
    flat_ds = np.concatenate([empty.astype("M8[us]"), *ds])
    return Panel.from_observations(MONTHLY, names, counts, flat_ds, np.concatenate([empty, *y]))


def pairs_of(*pairs):
    """Pairs from (series, cutoff) tuples."""
    table = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    return Pairs(table[:, 0], table[:, 1])


@st.composite
def panels(draw, max_length=120):
    """Panels of up to six series: different starts and ends, gaps, constants, zeros and sizes up to 1e15."""
    count = draw(st.integers(1, 6))
    aligned = draw(st.booleans())
    series, starts = [], []
    for _ in range(count):
        generator = np.random.default_rng(draw(st.integers(0, 2**31)))
        length = draw(st.integers(0, max_length))
        size = draw(st.sampled_from([0.0, 1e-6, 1.0, 1e15]))
        values = size * (draw(st.sampled_from([0.0, 1.0])) * generator.normal(0, 0.3, length) + 1)
        values[generator.random(length) < draw(st.sampled_from([0.0, 0.1, 0.9]))] = np.nan
        series.append(values)
        starts.append(max_length - length if aligned else draw(st.integers(0, max_length)))
    return panel_of(*series, starts=starts)
