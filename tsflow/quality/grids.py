"""Which frequency stamps seem to have, for the message that says that the configured one does not fit."""

import numpy as np

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
_DEFAULTS = {"YS-JAN": "YS", "YE-DEC": "YE", "QS-JAN": "QS", "QE-DEC": "QE"}


def fitting_frequency(ds: Times) -> str | None:
    """The longest step whose grid has nearly all the stamps (95 %), or none where there are too few to tell.

    >>> fitting_frequency(np.array(["2024-01-31", "2024-02-29", "2024-03-31"], dtype="M8[us]"))
    'ME'
    """
    known = np.unique(ds[~np.isnat(ds)])
    if len(known) < _FEWEST:
        return None
    sample = known[np.linspace(0, len(known) - 1, min(len(known), _SAMPLE)).astype(int)]
    for alias in _CANDIDATES:
        if Frequency.parse(alias).on_grid(sample).mean() >= _ENOUGH:
            return _DEFAULTS.get(alias, alias)
    return None
