"""Rows of one chunk that speak of the same series and stamp."""

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


def repeated(frame: pd.DataFrame) -> tuple[Mask, Mask]:
    """Which rows are superfluous, and which contradict each other.

    Args:
        frame: ``unique_id, ds, y, available_at``, shape [R], nothing null.

    Returns:
        Two masks of shape [R]: the copies of a row with the same value, all but the one that could be known
        first; and all rows of a series and stamp whose values differ. No row is in both.
    """
    keys = ["unique_id", "ds"]
    if _strictly_ascending(frame):
        nothing = np.zeros(len(frame), dtype=bool)
        return nothing, nothing.copy()
    shared = frame.duplicated(keys, keep=False).to_numpy()
    some = frame[shared]
    values = some.groupby(keys, sort=False)["y"]
    conflict, copy = shared.copy(), shared.copy()
    conflict[shared] = (values.transform("min") != values.transform("max")).to_numpy()
    first = some.sort_values("available_at", kind="stable").drop_duplicates(keys).index
    copy &= ~conflict & ~frame.index.isin(first)
    return copy, conflict


def _strictly_ascending(frame: pd.DataFrame) -> bool:
    """Whether series follows series, each ascending, as most sources are: then nothing is repeated."""
    codes, distinct = pd.factorize(frame["unique_id"])
    ds = frame["ds"].to_numpy()
    steps = np.diff(codes)
    if len(distinct) > 1 and (steps < 0).any():
        return False
    return bool(((steps > 0) | (ds[1:] > ds[:-1])).all())
