"""Observations between two gaps, which a line does not show."""

import numpy as np
from numpy.typing import NDArray


def alone(y: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Which values on a grid have a gap, or an end, on both sides: a line through them shows nothing."""
    seen = np.concatenate([[False], ~np.isnan(y), [False]])
    found: NDArray[np.bool_] = seen[1:-1] & ~seen[:-2] & ~seen[2:]
    return found
