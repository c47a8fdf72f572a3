"""The validation protocol that a panel was given, and how it is put on record."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from tsflow.frequency import Frequency, Positions
from tsflow.training.windows import Pairs

Anchor = Literal["calendar", "own end"]

_EXAMPLES = 10
"""Names given for each reason that series are left out."""


@dataclass(frozen=True, kw_only=True)
class Protocol:
    """Three zones of every series, oldest first: fit, tune, select.

    Invariants, in every series: no training window has a target after ``fit_last_target``, which is before
    the first tune cutoff; in "three zones" the targets of tune end at or before the first select cutoff. In
    "merged" one zone serves both purposes; in "none" there are no pairs, and seasonal naive is published.
    """

    kind: Literal["three zones", "merged", "none"]
    anchor: Anchor
    """What zones are counted back from: the panel's last step, or each series' own last observation."""
    horizon: int
    stride: int
    """Steps between cutoffs; 0 for "none"."""
    fit_last_target: Positions
    """Grid position of the last target to learn from, shape [S]."""
    tune: Pairs
    select: Pairs
    reason: str
    """Why it is these zones, in words."""
    left_out: dict[str, list[str]]
    """Names of the series without a select pair, by reason."""
    frequency: Frequency

    def describe(self) -> dict[str, object]:
        """The protocol as JSON can hold it, for `decisions.protocol`."""
        judged = np.unique(self.select.series)
        left_out = [
            {"reason": reason, "series": len(names), "examples": names[:_EXAMPLES]}
            for reason, names in self.left_out.items()
        ]
        return {
            "kind": self.kind,
            "anchor": self.anchor,
            "horizon": self.horizon,
            "stride": self.stride,
            "reason": self.reason,
            "fit": {"last_target": self._times(self.fit_last_target[judged])},
            "tune": self._describe(self.tune),
            "select": self._describe(self.select),
            "left_out": left_out,
        }

    def _describe(self, pairs: Pairs) -> dict[str, object]:
        series = len(np.unique(pairs.series))
        return {"cutoffs": self._times(pairs.cutoff), "pairs": len(pairs), "series": series}

    def _times(self, positions: Positions) -> list[str]:
        """Distinct timestamps; of series that are judged at their own ends, the first and the last."""
        distinct = np.unique(positions)
        if self.anchor == "own end":
            distinct = distinct[[0, -1][: len(distinct)]]
        return [str(time) for time in np.datetime_as_string(self.frequency.timestamp(distinct), unit="s")]
