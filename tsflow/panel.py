"""Panel: many series in one flat array, the one in-memory form between the database and the optimiser."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsflow.errors import DataError
from tsflow.frequency import Frequency, Positions, Times


@dataclass(frozen=True)
class Whole:
    """What a shard must know of the panel that it is a part of, so that its series are forecast as they are there."""

    negative: bool
    """Whether any value is negative."""
    usual_scale: float
    """Of a series with no scale of its own, in units of y."""


@dataclass(frozen=True)
class Panel:
    """Series laid end to end, each on the regular grid of one frequency.

    Series ``i`` owns ``values[offsets[i]:offsets[i + 1]]``; its first step has grid position ``first[i]``.
    A gap is a step whose ``observed`` is false and whose value is 0: masked, never invented.

    Invariants: ``offsets`` ascends from 0 to ``len(values)``; the first and the last step of a series that
    has any step are observed; every value is finite.

    >>> frame = pd.DataFrame({"unique_id": ["a", "a"], "ds": ["2024-01-01", "2024-03-01"], "y": [1.0, 3.0]})
    >>> panel = Panel.from_frame(frame, Frequency.parse("MS"))
    >>> panel.values, panel.observed
    (array([1., 0., 3.], dtype=float32), array([ True, False,  True]))
    """

    frequency: Frequency
    unique_ids: NDArray[np.object_]
    """Names, shape [S]."""
    series_ids: NDArray[np.int64]
    """Database ids, shape [S]; 0 .. S-1 where there is no database."""
    values: NDArray[np.float32]
    """Shape [T], T the steps of all series."""
    observed: NDArray[np.bool_]
    """Shape [T]."""
    offsets: NDArray[np.int64]
    """Shape [S + 1]."""
    first: Positions
    """Grid position of each series' first step, shape [S]."""
    whole: Whole | None = None
    """Of what this is a shard; none: the series at hand are all there is."""

    @classmethod
    def from_observations(
        cls,
        frequency: Frequency,
        unique_ids: Sequence[str],
        counts: NDArray[np.int64],
        ds: Times,
        y: NDArray[np.float64],
        *,
        series_ids: NDArray[np.int64] | None = None,
    ) -> "Panel":
        """Lay observations on the grid.

        Args:
            frequency: The grid.
            unique_ids: Names of the series, length S.
            counts: Observations of each series, shape [S]; 0 is allowed.
            ds: Timestamps on the grid, series after series, ascending within each, shape [counts.sum()].
            y: Finite values, same shape as ``ds``.
            series_ids: Database ids, shape [S].

        Raises:
            DataError: If timestamps are not strictly ascending within a series.
        """
        position = frequency.position(ds)
        ends = np.cumsum(counts)
        starts = ends - counts
        some = counts > 0
        lengths = np.zeros(len(counts), dtype=np.int64)
        first = np.zeros(len(counts), dtype=np.int64)
        first[some] = position[starts[some]]
        lengths[some] = position[ends[some] - 1] - first[some] + 1
        offsets = np.concatenate([[0], np.cumsum(lengths)])
        slots = position + np.repeat(offsets[:-1] - first, counts)
        if len(slots) > 1 and (np.diff(slots) <= 0).any():
            raise DataError("timestamps of a series are not strictly ascending: sort them, drop the duplicates")
        values = np.zeros(offsets[-1], dtype=np.float32)
        observed = np.zeros(offsets[-1], dtype=bool)
        values[slots] = y
        observed[slots] = True
        ids = np.arange(len(counts), dtype=np.int64) if series_ids is None else series_ids
        return cls(frequency, np.asarray(unique_ids, dtype=object), ids, values, observed, offsets, first)

    @classmethod
    def from_frame(cls, frame: pd.DataFrame, frequency: Frequency) -> "Panel":
        """Lay a long frame with ``unique_id, ds, y`` on the grid; rows without a value are gaps.

        Raises:
            DataError: If a timestamp is not on the grid, or occurs twice in a series.
        """
        long = frame.assign(ds=pd.to_datetime(frame["ds"]), unique_id=frame["unique_id"].astype(str))
        long = long[np.isfinite(long["y"].astype(float))].sort_values(["unique_id", "ds"])
        ds = long["ds"].to_numpy().astype("M8[us]")
        off = ~frequency.on_grid(ds)
        if off.any():
            count, first = int(off.sum()), ds[off][0]
            raise DataError(f"{count} timestamps are not on the grid of {frequency}, the first: {first}")
        names, counts = np.unique(long["unique_id"].to_numpy(dtype=str), return_counts=True)
        y = long["y"].to_numpy(dtype=np.float64)
        return cls.from_observations(frequency, list(map(str, names)), counts, ds, y)

    def __len__(self) -> int:
        """The number of series."""
        return len(self.unique_ids)

    @property
    def lengths(self) -> NDArray[np.int64]:
        """Steps of each series, gaps included, shape [S]."""
        return np.diff(self.offsets)

    @property
    def last(self) -> Positions:
        """Grid position of each series' last observation, shape [S]; ``first - 1`` where there is none."""
        return self.first + self.lengths - 1

    @property
    def has_negative(self) -> bool:
        """Whether any value is negative, here or in the whole that this is a shard of: its series keep one scale."""
        return bool((self.values < 0).any()) if self.whole is None else self.whole.negative

    def series(self, index: int) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Values and mask of one series, both of shape [its length]; views, not copies."""
        part = slice(self.offsets[index], self.offsets[index + 1])
        return self.values[part], self.observed[part]

    def take(self, indices: NDArray[np.int64] | NDArray[np.bool_]) -> "Panel":
        """The panel of the chosen series, in the given order."""
        chosen = np.arange(len(self))[indices]
        steps = _ranges(self.offsets[chosen], self.lengths[chosen])
        return self._rebuilt(chosen, steps, self.first[chosen], self.lengths[chosen])

    def until(self, last: Positions) -> "Panel":
        """What was known at a cutoff: steps up to and including ``last`` (shape [S] or a scalar).

        A series whose last remaining steps are gaps ends at its last observation; one that starts later is
        empty.
        """
        kept = np.clip(np.broadcast_to(last, (len(self),)) - self.first + 1, 0, self.lengths)
        indices = np.where(self.observed, np.arange(len(self.values)), -1)
        reach = np.maximum.accumulate(indices) if len(indices) else indices
        ends = self.offsets[:-1] + kept
        last_seen = np.where(kept > 0, reach[np.maximum(ends - 1, 0)] if len(reach) else -1, -1)
        lengths = np.maximum(last_seen - self.offsets[:-1] + 1, 0) * (kept > 0)
        return self._rebuilt(np.arange(len(self)), _ranges(self.offsets[:-1], lengths), self.first, lengths)

    def timestamps(self) -> Times:
        """The timestamp of every step, shape [T]."""
        steps = np.arange(len(self.values)) - np.repeat(self.offsets[:-1] - self.first, self.lengths)
        return self.frequency.timestamp(steps)

    def to_frame(self) -> pd.DataFrame:
        """The observations as a long frame ``unique_id, ds, y``, gaps left out."""
        names = np.repeat(self.unique_ids, self.lengths)
        y = self.values.astype(np.float64)
        frame = pd.DataFrame({"unique_id": names, "ds": self.timestamps(), "y": y})
        return frame[self.observed].reset_index(drop=True)

    def _rebuilt(
        self,
        chosen: NDArray[np.int64],
        steps: NDArray[np.int64],
        first: Positions,
        lengths: NDArray[np.int64],
    ) -> "Panel":
        offsets = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
        ids = self.unique_ids[chosen], self.series_ids[chosen]
        of_steps = self.values[steps], self.observed[steps]
        return Panel(self.frequency, *ids, *of_steps, offsets, first, self.whole)


def _ranges(starts: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """The concatenation of ``arange(start, start + length)`` for each pair."""
    ends = np.cumsum(lengths)
    steps: NDArray[np.int64] = np.repeat(starts - (ends - lengths), lengths)
    return steps + np.arange(len(steps))
