"""The checks that a row can fail, the gravest first: a bad row is filed under the first that it fails."""

from enum import IntEnum


class Check(IntEnum):
    """Names in lower case are those in ``quarantine.failed_check``; the order is the priority."""

    ROW_BROKEN = 0
    SERIES_UNNAMED = 1
    SERIES_GARBLED = 2
    TIME_MISSING = 3
    TIME_UNPARSEABLE = 4
    TIME_AMBIGUOUS = 5
    TIME_NONEXISTENT = 6
    TIME_WITHOUT_ZONE = 7
    TIME_TOO_EARLY = 8
    TIME_OFF_GRID = 9
    TIME_IN_FUTURE = 10
    AVAILABILITY_UNPARSEABLE = 11
    VALUE_MISSING = 12
    VALUE_UNPARSEABLE = 13
    VALUE_NOT_FINITE = 14
    VALUE_OUT_OF_RANGE = 15
    KEY_CONFLICT = 16
    NONE = 17
    """The row is good."""

    @property
    def label(self) -> str:
        """The name in tables and reports."""
        return self.name.lower()
