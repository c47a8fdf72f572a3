"""Frequencies: which timestamps a regular series may have, counted as whole steps of a grid.

A *position* is the number of steps from a fixed step of the grid near 1970-01-01. Arithmetic on positions
(a context, a horizon, a season) is plain integer arithmetic, whatever the calendar does.
"""

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tsflow.errors import FrequencyError

Times = NDArray[np.datetime64]
Positions = NDArray[np.int64]
Kind = Literal["tick", "week", "business", "month_start", "month_end"]

_DAY = 86_400_000_000  # microseconds
_WEEKDAYS = ("THU", "FRI", "SAT", "SUN", "MON", "TUE", "WED")  # 1970-01-01 was a Thursday
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS_PER_STEP = {"M": 1, "Q": 3, "Y": 12}
_ALLOWED = "min, 15min, h, D, B, W-MON ... W-SUN, MS, ME, QS, QE, YS, YE (quarters and years with an anchor: QS-FEB)"


@dataclass(frozen=True)
class WindowShape:
    """How many steps make a season, a token and a context; the context is a whole number of tokens."""

    season_length: int
    token: int
    context: int


@dataclass(frozen=True)
class Frequency:
    """A regular grid of timestamps, named by its pandas alias.

    Invariant: ``position(timestamp(p)) == p`` for every position, and ``on_grid`` is true for exactly the
    timestamps that ``timestamp`` returns.

    >>> monthly = Frequency.parse("MS")
    >>> monthly.position(np.array(["1970-03-01"], dtype="M8[us]"))
    array([2])
    >>> monthly.timestamp(np.array([2]))
    array(['1970-03-01T00:00:00.000000'], dtype='datetime64[us]')
    """

    alias: str
    kind: Kind
    step: int
    """Microseconds of a tick, days of a week, months of a month, quarter or year."""
    phase: int
    """Days (week) or months (quarter, year) from the epoch to the grid's first step at or after it."""
    season_length: int
    """The default season; a pipeline may set another."""

    @classmethod
    def parse(cls, alias: str) -> "Frequency":
        """Read a pandas alias.

        Raises:
            FrequencyError: If the alias is unknown or has no regular grid, with the aliases that do.
        """
        match = re.fullmatch(r"(\d*)(min|h|D|B|W|[MQY][SE])(?:-([A-Z]{3}))?", alias)
        if match is None:
            raise FrequencyError(f"unknown frequency {alias!r}; allowed: {_ALLOWED}")
        count, base, anchor = int(match[1] or 1), match[2], match[3]
        if base in ("min", "h") and anchor is None:
            step = count * (60_000_000 if base == "min" else 3_600_000_000)
            if step == 0 or _DAY % step:
                raise FrequencyError(f"frequency {alias!r} does not divide a day; allowed: {_ALLOWED}")
            return cls(alias, "tick", step, 0, _DAY // step if step < _DAY else 7)
        if count == 1 and base == "D" and anchor is None:
            return cls(alias, "tick", _DAY, 0, 7)
        if count == 1 and base == "B" and anchor is None:
            return cls(alias, "business", 1, 0, 5)
        if count == 1 and base == "W" and (anchor or "SUN") in _WEEKDAYS:
            return cls(alias, "week", 7, _WEEKDAYS.index(anchor or "SUN"), 52)
        if count == 1 and base[0] in "MQY" and _anchor_fits(base, anchor):
            return cls._monthly(alias, base, anchor)
        raise FrequencyError(f"unknown frequency {alias!r}; allowed: {_ALLOWED}")

    @classmethod
    def _monthly(cls, alias: str, base: str, anchor: str | None) -> "Frequency":
        months = _MONTHS_PER_STEP[base[0]]
        default = "JAN" if base[1] == "S" else "DEC"
        phase = _MONTHS.index(anchor or default) % months
        return cls(alias, "month_start" if base[1] == "S" else "month_end", months, phase, 12 // months)

    @property
    def is_calendar(self) -> bool:
        """Whether a step is a day or longer: its stamps are dates, and no time zone ever shifts them."""
        return self.kind != "tick" or self.step >= _DAY

    def same_grid(self, other: "Frequency") -> bool:
        """Whether both have the same timestamps; ``h`` and ``60min`` do."""
        return (self.kind, self.step, self.phase) == (other.kind, other.step, other.phase)

    def position(self, ds: Times) -> Positions:
        """The step at or before each timestamp; same shape as ``ds``, which may not hold NaT."""
        micros = ds.astype("M8[us]").astype(np.int64)
        if self.kind == "tick":
            return micros // self.step
        days = micros // _DAY
        if self.kind == "week":
            return (days - self.phase) // 7
        if self.kind == "business":
            return _business_day(days)
        months = ds.astype("M8[M]").astype(np.int64)
        if self.kind == "month_end":  # before a month's last day, the step is that of the month before
            months = months - (days != _last_day(months))
        return (months - self.phase) // self.step

    def timestamp(self, position: Positions) -> Times:
        """The timestamp of each step, midnight UTC for a day or longer; the inverse of ``position``."""
        position = np.asarray(position, dtype=np.int64)
        if self.kind == "tick":
            return (position * self.step).astype("M8[us]")
        if self.kind == "week":
            days = position * 7 + self.phase
        elif self.kind == "business":
            days = _from_business_day(position)
        else:
            months = position * self.step + self.phase
            days = _last_day(months) if self.kind == "month_end" else _first_day(months)
        return (days * _DAY).astype("M8[us]")

    def on_grid(self, ds: Times) -> NDArray[np.bool_]:
        """Whether each timestamp is one of the grid's; NaT is not."""
        missing = np.isnat(ds)
        known = np.where(missing, np.datetime64(0, "us"), ds.astype("M8[us]"))
        fits: NDArray[np.bool_] = self.timestamp(self.position(known)) == known
        return fits & ~missing

    def shape(
        self, season_length: int | None = None, token: int | None = None, context: int | None = None
    ) -> WindowShape:
        """Season, token and context: the given ones, else the measured defaults.

        A token is a season of up to 24 steps, else the length of 6 to 24 steps whose multiple comes nearest
        above the season (52 weeks: 13). The context is what won on validation for each frequency (hours 7
        days, weeks 1 year, months 3, quarters 4, years 6), never less than a season, rounded up to tokens.

        >>> Frequency.parse("h").shape()
        WindowShape(season_length=24, token=24, context=168)
        >>> Frequency.parse("W-MON").shape()
        WindowShape(season_length=52, token=13, context=52)
        """
        season = season_length or self.season_length
        chosen = token or _token(season)
        wanted = context or max(self._context(), season)
        return WindowShape(season, chosen, -(-wanted // chosen) * chosen)

    def _context(self) -> int:
        if not self.is_calendar:
            return min(7 * self.season_length, max(self.season_length, 672))
        return _CONTEXT[self.season_length]

    def __str__(self) -> str:
        return self.alias


_CONTEXT = {7: 56, 5: 40, 52: 52, 12: 36, 4: 16, 1: 6}


def _token(season: int) -> int:
    if season <= 24:
        return season
    return min(range(24, 5, -1), key=lambda token: -season % token)


def _anchor_fits(base: str, anchor: str | None) -> bool:
    return anchor is None or (base[0] in "QY" and anchor in _MONTHS)


def _first_day(months: Positions) -> Positions:
    return months.astype("M8[M]").astype("M8[D]").astype(np.int64)


def _last_day(months: Positions) -> Positions:
    return _first_day(months + 1) - 1


def _business_day(days: Positions) -> Positions:
    weeks, weekday = np.divmod(days + 3, 7)  # weekday 0 is a Monday: 1969-12-29 is day -3
    return weeks * 5 + np.minimum(weekday, 4)


def _from_business_day(position: Positions) -> Positions:
    weeks, weekday = np.divmod(position, 5)
    return weeks * 7 + weekday - 3
