"""Conformal calibration: what held-out pairs say intervals must grow or shrink by to cover their share."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.spread import unit_normal

Floats = NDArray[np.float64]

COVERAGES = (0.8, 0.95)
"""Intervals that are corrected; the quantiles between them follow."""

_ENOUGH_SCORES = 200
"""Held-out steps in a group of leads: a 95 % interval is decided by ten of them."""

_ENOUGH_TO_NARROW = 30
"""Pairs below which an interval may only grow: few pairs err together, and luck looks like skill."""

_LEAST_WIDTH = 0.1
"""Share of its width that an interval keeps: one wild value in a series makes its scale, by which it would shrink,
many times its width."""


@dataclass(frozen=True)
class Calibration:
    """What to add to both sides of each interval, in units of a series' scale.

    Every number is finite, and applying it keeps quantiles ascending with the median where it was, and a tenth of
    their distances from it.
    """

    coverages: tuple[float, ...]
    corrections: tuple[tuple[float, ...], ...]
    """For each coverage, one for each lead 1 .. H; negative where intervals were too wide."""
    pairs: int
    """Pairs that it was learnt from."""

    def apply(self, quantiles: Floats, levels: Sequence[float], scale: Floats) -> Floats:
        """Corrected quantiles; those between two intervals get what lies between their corrections.

        Args:
            quantiles: Shape [P, H, Q], ascending along Q; leads beyond the learnt ones count as the last.
            levels: Of the quantiles, ascending, with 0.5 among them.
            scale: ``pair_scale`` of each pair, shape [P].

        Returns:
            Shape [P, H, Q], ascending along Q.
        """
        leads = np.minimum(np.arange(quantiles.shape[1]), len(self.corrections[0]) - 1)
        known = np.asarray(self.corrections)[:, leads]  # [I, H]
        distance = unit_normal(levels)
        ends = np.concatenate([[0.0], unit_normal([(1 + coverage) / 2 for coverage in self.coverages])])
        outward = [np.interp(np.abs(distance), ends, np.concatenate([[0.0], one])) for one in known.T]  # H of [Q]
        median = list(levels).index(0.5)
        inward = (1 - _LEAST_WIDTH) * np.abs(quantiles - quantiles[..., median, None])  # at most
        moved = quantiles + np.sign(distance) * np.maximum(scale[:, None, None] * np.asarray(outward), -inward)
        return _ascending(moved, quantiles, median)

    def to_json(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> "Calibration":
        """The inverse of ``to_json``."""
        corrections = tuple(tuple(float(number) for number in one) for one in value["corrections"])
        return cls(tuple(value["coverages"]), corrections, int(value["pairs"]))


def calibrate(
    quantiles: Floats, levels: Sequence[float], actual: Floats, observed: NDArray[np.bool_], scale: Floats
) -> Calibration:
    """Learn the corrections from forecasts of the tune *and* select pairs together, never of select alone.

    For each interval, the score of a step is how far outside of it the truth fell (negative: how deep
    inside), in units of the scale. The correction is the scores' conformal quantile, pooled over series, and
    over as many neighbouring leads as give 200 of them. Where they are too few for it, it is the largest.

    Args:
        quantiles: Shape [P, H, Q].
        levels: Of the quantiles, length Q, with both ends of each interval among them.
        actual: Shape [P, H].
        observed: Shape [P, H].
        scale: ``pair_scale`` of each pair, shape [P].

    Romano, Patterson & Candès (2019), "Conformalized quantile regression", eqs. 6 to 8.
    """
    horizon = actual.shape[1]
    groups = np.array_split(np.arange(horizon), np.clip(observed.sum() // _ENOUGH_SCORES, 1, horizon))
    narrow = observed.any(axis=1).sum() >= _ENOUGH_TO_NARROW
    corrections = []
    for coverage in COVERAGES:
        lower, upper = (_nearest(levels, (1 + sign * coverage) / 2) for sign in (-1, 1))
        outside = np.maximum(quantiles[:, :, lower] - actual, actual - quantiles[:, :, upper]) / scale[:, None]
        by_group = [_conformal_quantile(outside[:, leads][observed[:, leads]], coverage) for leads in groups]
        by_lead = np.repeat(by_group, [len(leads) for leads in groups])
        corrections.append(tuple((by_lead if narrow else np.maximum(by_lead, 0.0)).tolist()))
    return Calibration(COVERAGES, tuple(corrections), len(actual))


def _conformal_quantile(scores: Floats, coverage: float) -> float:
    """The score of rank (n + 1) coverage, rounded up; the largest if there are fewer, 0 if there are none."""
    if not len(scores):
        return 0.0
    rank = min(int(np.ceil((len(scores) + 1) * coverage)), len(scores))
    return float(np.partition(scores, rank - 1)[rank - 1])


def _ascending(moved: Floats, quantiles: Floats, median: int) -> Floats:
    """Outward from the unmoved median, no quantile is nearer to it than the one before."""
    below = np.minimum.accumulate(moved[..., median::-1], axis=-1)[..., ::-1]
    above = np.maximum.accumulate(moved[..., median:], axis=-1)
    ordered = np.concatenate([below[..., :-1], above], axis=-1)
    ordered[..., median] = quantiles[..., median]
    return ordered


def _nearest(levels: Sequence[float], level: float) -> int:
    return int(np.abs(np.asarray(levels) - level).argmin())
