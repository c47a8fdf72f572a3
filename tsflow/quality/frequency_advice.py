"""Which frequency stamps seem to have, in the words of the message that says that the configured one does not fit."""

import numpy as np
from numpy.typing import NDArray

from tsflow.frequency import Frequency, Times

_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_CANDIDATES = (
    *(f"{base}-{month}" for base in ("YS", "YE") for month in _MONTHS),
    *(f"QS-{month}" for month in _MONTHS[:3]),
    *(f"QE-{month}" for month in _MONTHS[9:]),
    "MS", "ME", *(f"W-{day}" for day in _WEEKDAYS), "B", "D",
    "12h", "8h", "6h", "4h", "3h", "2h", "h", "30min", "20min", "15min", "10min", "5min", "min",
)  # fmt: skip
_ENOUGH = 0.95
_SAMPLE = 5_000
_FEWEST = 3
_DAY = 86_400_000_000  # microseconds
_DEFAULTS = {"YS-JAN": "YS", "YE-DEC": "YE", "QS-JAN": "QS", "QE-DEC": "QE"}


def frequency_advice(ds: Times, configured: Frequency) -> str | None:
    """What to do about stamps that are not as configured: none if it is not to be told, or is already done.

    It goes by the longest step that nearly all stamps (95 %) are a fixed time into: those on day 15 are monthly.

    >>> days = np.array(["2024-01-15", "2024-02-15", "2024-03-15"], dtype="M8[us]")
    >>> frequency_advice(days, Frequency.parse("MS"))
    'the data seem to have the frequency MS: write 2024-01-01 for 2024-01-15'
    """
    known = np.unique(ds[~np.isnat(ds)])
    if len(known) < _FEWEST:
        return None
    sample = known[np.linspace(0, len(known) - 1, min(len(known), _SAMPLE)).astype(int)]
    found = [(grid, shift) for grid in map(Frequency.parse, _CANDIDATES) if (shift := _shift(sample, grid)) is not None]
    if not found:
        return None
    grid, shift = min(found, key=lambda one: (-_days(one[0]), one[1]))
    other = ["set `frequency`"] if not grid.same_grid(configured) else []
    late = sample[_into(sample, grid) == shift][0]
    written = [f"write {_shown(late - shift, grid)} for {_shown(late, grid)}"] if shift else []
    if not other + written:
        return None
    seems = f"the data seem to have the frequency {_DEFAULTS.get(grid.alias, grid.alias)}"
    return f"{seems}: {' and '.join(written + other)}"


def _shift(sample: Times, grid: Frequency) -> np.timedelta64 | None:
    """How long after a step's begin nearly all stamps are; none if they are not all as long."""
    into, counts = np.unique(_into(sample, grid), return_counts=True)
    shift: np.timedelta64 = into[counts.argmax()]
    return shift if counts.max() >= _ENOUGH * len(sample) else None


def _into(sample: Times, grid: Frequency) -> NDArray[np.timedelta64]:
    """How long after its step's begin each stamp is."""
    return sample - grid.timestamp(grid.position(sample))


def _days(grid: Frequency) -> float:
    """Length of a step, about."""
    if grid.kind == "tick":
        return grid.step / _DAY
    return {"week": 7, "business": 1}.get(grid.kind, 30 * grid.step)


def _shown(stamp: np.datetime64, grid: Frequency) -> str:
    text = str(stamp.astype("M8[s]")).removesuffix(":00")
    return text.removesuffix("T00:00") if grid.is_calendar else text
