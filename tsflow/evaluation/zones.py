"""How much of a history may be held out, and how it is divided: arithmetic of steps, without any data."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

_FIT_SHARE = 0.4
"""Least share of the history left to fit: with less, the steps that tune fixes say little about the refit."""

_FEW = 3
_PLENTY_SHARE = 0.8
"""More than a few cutoffs are whole horizons apart, so that each judges other targets, and leave this share to fit."""

_STRIDES = 3
"""Cutoffs are at least a third of a horizon apart; nearer ones judge nearly the same targets twice."""


@dataclass(frozen=True)
class Zones:
    """Cutoffs as steps before the anchor, oldest first.

    >>> Zones.three(horizon=12, count=2, stride=12)
    Zones(kind='three zones', stride=12, tune=(48, 36), select=(24, 12))
    >>> Zones.merged(horizon=12, count=2, stride=6)
    Zones(kind='merged', stride=6, tune=(18, 12), select=(18, 12))
    """

    kind: Literal["three zones", "merged"]
    stride: int
    tune: tuple[int, ...]
    select: tuple[int, ...]

    @classmethod
    def three(cls, horizon: int, count: int, stride: int) -> "Zones":
        """Tune and select apart: the last tune target is the first select cutoff's own step."""
        select = _cutoffs(horizon, count, stride)
        return cls("three zones", stride, _cutoffs(select[0] + horizon, count, stride), select)

    @classmethod
    def merged(cls, horizon: int, count: int, stride: int) -> "Zones":
        """One zone for both."""
        both = _cutoffs(horizon, count, stride)
        return cls("merged", stride, both, both)

    @property
    def held_out(self) -> int:
        """Steps from the first cutoff to the anchor."""
        return self.tune[0]

    def reason(self, history: int) -> str:
        """Why these zones, in words."""
        cutoffs = f"{len(self.select)} cutoff{'s' if len(self.select) > 1 else ''} every {self.stride} steps"
        left = f"{history - self.held_out - 1} of the typical series' {history} steps are left to fit"
        if self.kind == "three zones":
            return f"{cutoffs} in tune and in select; {left}"
        return f"history is too short for three zones: tune and select are one, {cutoffs}; {left}"


def fitting(history: int, horizon: int, context: int, cutoffs: int) -> Iterator[Zones]:
    """The zones that a history affords, best first: three before merged, more cutoffs, longer strides.

    Three zones leave a context and a horizon to fit, merged ones at least a window with a whole target, and
    both two fifths of the history.
    """
    for divide, least in ((Zones.three, context + horizon), (Zones.merged, horizon + 2)):
        for count in range(cutoffs, 0, -1):
            shortest = -(-horizon // _STRIDES) if 1 < count <= _FEW else horizon
            share = _FIT_SHARE if count <= _FEW else _PLENTY_SHARE
            for stride in range(horizon, shortest - 1, -1):
                zones = divide(horizon, count, stride)
                if history - zones.held_out - 1 >= max(least, share * history):
                    yield zones


def _cutoffs(newest: int, count: int, stride: int) -> tuple[int, ...]:
    return tuple(newest + stride * index for index in range(count - 1, -1, -1))
