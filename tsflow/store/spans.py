"""Spans: a cheap proof that no (series, ds) has been staged twice, which spares a sort of them all."""

import numpy as np
from numpy.typing import NDArray

from tsflow.frequency import Times


class Spans:
    """The stretch of time that each series has been staged for.

    ``overlap`` stays false as long as every chunk lies outside the stretches before it, as in any file that
    is ordered by time, within each series or across all: then no (series, ds) can have come twice.

    >>> spans = Spans()
    >>> spans.add(np.array([1, 1]), np.array(["2024-01-01", "2024-01-02"], dtype="M8[us]"))
    >>> spans.add(np.array([1]), np.array(["2024-01-03"], dtype="M8[us]"))
    >>> spans.overlap
    False
    >>> spans.add(np.array([1]), np.array(["2024-01-02"], dtype="M8[us]"))
    >>> spans.overlap
    True
    """

    def __init__(self) -> None:
        self.overlap = False
        self._spans: dict[int, tuple[int, int]] = {}

    def add(self, codes: NDArray[np.int64], ds: Times) -> None:
        """Take in a chunk, ordered by code and within each by time; both of shape [R]."""
        if not len(codes):
            return
        changes = codes[1:] != codes[:-1]
        self.overlap |= bool(((ds[1:] == ds[:-1]) & ~changes).any())
        starts = np.flatnonzero(np.concatenate([[True], changes]))
        ends = np.append(starts[1:], len(codes)) - 1
        micros = ds.astype("M8[us]").astype(np.int64)
        for code, first, last in zip(
            codes[starts].tolist(), micros[starts].tolist(), micros[ends].tolist(), strict=True
        ):
            earliest, latest = self._spans.get(code, (last + 1, first - 1))
            self.overlap |= first <= latest and last >= earliest
            self._spans[code] = min(first, earliest), max(last, latest)
