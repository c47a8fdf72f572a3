"""The checks that a row can fail, the gravest first: a bad row is filed under the first that it fails."""

from enum import IntEnum


class Check(IntEnum):
    """Names in lower case are those in ``quarantine.failed_check``; the order is the priority."""

    ROW_BROKEN = 0
    SERIES_UNNAMED = 1
    TIME_MISSING = 2
    TIME_UNPARSEABLE = 3
    TIME_AMBIGUOUS = 4
    TIME_NONEXISTENT = 5
    TIME_WITHOUT_ZONE = 6
    TIME_TOO_EARLY = 7
    TIME_OFF_GRID = 8
    TIME_IN_FUTURE = 9
    AVAILABILITY_UNPARSEABLE = 10
    VALUE_MISSING = 11
    VALUE_UNPARSEABLE = 12
    VALUE_NOT_FINITE = 13
    VALUE_OUT_OF_RANGE = 14
    KEY_CONFLICT = 15
    NONE = 16
    """The row is good."""

    @property
    def label(self) -> str:
        """The name in tables and reports."""
        return self.name.lower()
