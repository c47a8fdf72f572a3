"""Whether live errors have left the range of what was promised: a test that is asked at every slot.

What is tested is the *ratio* of a run: its mean absolute scaled error over what the select pairs promised for the
same leads. As long as the promise holds, ratios scatter around 1.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RECENT = 8
"""Runs that are tested together: one bad week is no drift."""

LEAST_RECENT = 3
LEAST_REFERENCE = 3
MOST_REFERENCE = 100

LEAST_GROWTH = 1.2
"""Growth of the error below which nothing is said, however sure it is: a retrain would cost more than it brings."""

LEVEL = 1e-2
"""Significance level of one test. It is asked at every slot, on overlapping windows: `benchmarks/drift.py` measures how
often it then fires falsely."""

_LEAST_CORRELATION = 0.2  # assumed between consecutive ratios; a short reference says little of it
_FLOOR = 1e-3  # of a promised error: a thousandth of the naive one


@dataclass(frozen=True)
class Drift:
    """What the last runs say."""

    growth: float | None
    """Mean of the recent ratios over that of the reference; none where there are no recent ones."""
    p_value: float | None
    """Of recent ratios as large as these, were they drawn like the reference; none where there are too few."""

    @property
    def drifted(self) -> bool:
        """Surely and by much."""
        return self.p_value is not None and self.p_value < LEVEL and (self.growth or 0.0) >= LEAST_GROWTH


def ratio(error: Floats, steps: Floats, promised: Floats) -> float:
    """Mean error over the promised one, weighted by the steps observed at each lead; shapes [L]; NaN without a step."""
    known = (steps > 0) & ~np.isnan(error) & ~np.isnan(promised)
    if not known.any():
        return math.nan
    expected = np.sum(steps[known] * np.maximum(promised[known], _FLOOR))
    return float(np.sum(steps[known] * error[known]) / expected)


def detect(reference: Floats, recent: Floats) -> Drift:
    """Compare recent ratios with those before, both oldest first.

    A one-sided two-sample t test on cube roots, which make means of absolute errors nearly normal (Wilson & Hilferty
    1931), with the larger of the two variances, widened for the correlation of consecutive ratios.
    """
    reference, recent = reference[-MOST_REFERENCE:], recent[-RECENT:]
    if not len(recent):
        return Drift(None, None)
    growth = float(recent.mean() / max(reference.mean(), _FLOOR)) if len(reference) else None
    if len(recent) < LEAST_RECENT or len(reference) < LEAST_REFERENCE:
        return Drift(growth, None)
    before, now = np.cbrt(reference), np.cbrt(recent)
    widest = max(before.var(ddof=1), now.var(ddof=1))  # of the recent ones where one of them is wild: that is no drift
    spread = widest * _inflation(before) * (1 / len(now) + 1 / len(before))
    distance = float(now.mean() - before.mean())
    t = distance / math.sqrt(spread) if spread > 0 else math.copysign(math.inf, distance) if distance else 0.0
    return Drift(growth, _upper_tail(t, len(before) + len(now) - 2))


def _inflation(values: Floats) -> float:
    """By how much the correlation of neighbours widens the variance of a mean (Bartlett 1946, for an AR(1))."""
    centred = values - values.mean()
    total = float(np.sum(centred**2))
    found = float(np.sum(centred[1:] * centred[:-1])) / total if total > 0 else 0.0
    correlation = min(max(found, _LEAST_CORRELATION), 0.9)
    return (1 + correlation) / (1 - correlation)


def _upper_tail(t: float, degrees: int) -> float:
    """P(T > t) of Student's t with whole degrees of freedom (Abramowitz & Stegun 1964, eq. 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(degrees))
    odd = degrees % 2
    term = math.cos(angle) if odd else 1.0
    total = term if degrees > 1 else 0.0
    for step in range(2 + odd, degrees, 2):
        term *= (step - 1) / step * math.cos(angle) ** 2
        total += term
    within = 2 / math.pi * (angle + math.sin(angle) * total) if odd else math.sin(angle) * total
    return (1 - within) / 2
