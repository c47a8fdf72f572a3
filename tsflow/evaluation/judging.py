"""Which (series, cutoff) pairs judge a network, and of which it is asked at all."""

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.outcomes import history, next_slot, outcomes
from tsflow.frequency import WindowShape
from tsflow.panel import Panel
from tsflow.training.windows import Pairs

LEAST_SEEN = 2
"""Observations in the context up to a cutoff below which a pair judges nothing: not even a change has been seen."""


def judgeable(panel: Panel, pairs: Pairs, horizon: int, shape: WindowShape) -> Pairs:
    """The pairs that can be judged: two observations in the context up to the cutoff, one in the horizon after it.

    Of a context of a single step one is enough. A network that sees nothing forecasts nothing, and in time no forecast
    is made so: a series is forecast from its own end. As long as others are left, a pair of a series that no network
    is asked about does not judge one either.
    """
    after = outcomes(panel, pairs, horizon).observed.any(axis=1)
    whole = pairs.take(after & (seen(panel, pairs, shape.context) >= min(LEAST_SEEN, shape.context)))
    asked = network_asked(panel, whole, shape.season_length)
    return whole.take(asked) if asked.any() else whole


def network_asked(panel: Panel, pairs: Pairs, season_length: int) -> NDArray[np.bool_]:
    """Whether a network forecasts each pair's series from its cutoff, shape [P]: from a season of observations on."""
    enough: NDArray[np.bool_] = seen(panel, pairs) >= season_length
    return enough


def seen(panel: Panel, pairs: Pairs, steps: int | None = None) -> NDArray[np.int64]:
    """Observations of each pair's series in the last ``steps`` up to its cutoff, or in all, shape [P]."""
    counts = np.concatenate([[0], np.cumsum(panel.observed)])
    begin, end = history(panel, pairs)
    first = begin if steps is None else np.clip(next_slot(panel, pairs) - steps, begin, end)
    seen: NDArray[np.int64] = counts[end] - counts[first]
    return seen
