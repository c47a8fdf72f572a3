"""A paired bootstrap over series: how sure a gain is, given which series happened to be there."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_RESAMPLES = 1000

_BLOCK = 2_000_000
"""Numbers held at a time (16 MB)."""


def least_gain(challenger: Floats, rival: Floats, *, confidence: float, seed: int) -> float:
    """The relative gain in mean loss that a challenger shows in a share ``confidence`` of the resamples.

    Both are drawn with the same series each time, so that what makes a series hard cancels out. With a single
    series every resample is that series, and the gain is simply the observed one.

    Args:
        challenger: Loss of each series, shape [S].
        rival: The same series' losses, shape [S].
        confidence: For example 0.9: the gain's tenth percentile.
        seed: Same seed, same draws.
    """
    generator = np.random.default_rng(seed)
    count = len(rival)
    block = max(1, _BLOCK // count)
    gains = []
    for start in range(0, _RESAMPLES, block):
        draws = min(block, _RESAMPLES - start)
        weights = generator.multinomial(count, np.full(count, 1 / count), size=draws)  # [draws, S]
        gains.append(relative_gain(weights @ challenger, weights @ rival))
    return float(np.quantile(np.concatenate(gains), 1 - confidence))


def relative_gain(challenger: Floats, rival: Floats) -> Floats:
    """Share of the rival's loss that the challenger saves; 0 where the rival has none to save."""
    gain = np.divide(rival - challenger, rival, out=np.zeros(np.shape(rival)), where=np.asarray(rival) > 0)
    return np.asarray(gain, dtype=np.float64)
