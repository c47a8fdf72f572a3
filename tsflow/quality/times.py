"""From what a stamp says to the time it is stored under: a calendar date, or a moment in UTC."""

from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from tsflow.frequency import Times
from tsflow.quality.checks import Check
from tsflow.quality.stamps import Mask, Stamps, formatted_stamps, iso_stamps, typed_stamps
from tsflow.quality.texts import says_missing, text_array

_ZONED = np.array(["1678-01-01", "2261-12-31"], dtype="M8[us]")
"""Outside these years no zone's rules are asked; pandas 2.2 could not answer."""


@dataclass(frozen=True)
class ParsedTimes:
    """Times as they are stored, and why some are none."""

    ds: Times
    """Shape [R]; NaT exactly where ``fault`` is one."""
    fault: NDArray[np.int8]
    """A ``Check`` of each, shape [R]: ``NONE`` or one of the TIME checks."""
    aware: bool
    """Whether some stamp names its offset."""
    naive: bool
    """Whether some readable stamp names none."""


def parse_times(
    column: "pd.Series[Any]",
    *,
    calendar: bool,
    zone: str | None = None,
    written: str | None = None,
    mixed: bool | None = None,
) -> ParsedTimes:
    """Read stamps.

    Args:
        column: Text, or datetime64 with or without a zone.
        calendar: A day and longer: the date as written counts, and no offset or zone shifts it. Otherwise the
            result is UTC.
        zone: Whose wall clock a stamp without an offset shows; UTC if not given.
        written: strptime format of text; ISO 8601 if not given.
        mixed: Whether the source mixes stamps with and without an offset, in which case, without a ``zone``,
            those without cannot be placed; judged by this column alone if not given.
    """
    if pd.api.types.is_datetime64_any_dtype(column):
        stamps, missing = typed_stamps(column), column.isna().to_numpy()
    else:
        text = text_array(column)
        stamps = iso_stamps(text) if written is None else formatted_stamps(text, written)
        missing = np.isnat(stamps.wall)
        if missing.any():
            missing[missing] = says_missing(text.filter(pa.array(missing))).to_numpy(zero_copy_only=False)
    read = ~np.isnat(stamps.wall)
    fault = np.full(len(read), Check.NONE, dtype=np.int8)
    fault[~read] = Check.TIME_UNPARSEABLE
    fault[missing] = Check.TIME_MISSING
    aware, naive = bool(stamps.aware[read].any()), bool((~stamps.aware[read]).any())
    if calendar:
        return ParsedTimes(stamps.wall, fault, aware, naive)
    unplaced = read & ~stamps.aware
    if zone is not None:
        ds = _localised(stamps, unplaced, zone, fault)
    else:
        ds = stamps.utc
        if (aware and naive) if mixed is None else mixed:
            fault[unplaced] = Check.TIME_WITHOUT_ZONE
    ds = np.where(fault == Check.NONE, ds, np.datetime64("NaT"))
    return ParsedTimes(ds, fault, aware, naive)


def midnights(dates: Times, zone: str) -> Times:
    """When each date begins by a zone's clock, as moments in UTC; NaT stays, and years of no known rules are UTC's."""
    moments = dates.copy()
    placed = (dates >= _ZONED[0]) & (dates <= _ZONED[1])  # NaT is neither
    if zone != "UTC" and placed.any():
        wall = pd.DatetimeIndex(dates[placed])
        local = wall.tz_localize(ZoneInfo(zone), ambiguous=np.ones(len(wall), bool), nonexistent="shift_forward")
        moments[placed] = local.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[us]")
    return moments


def _localised(stamps: Stamps, unplaced: Mask, zone: str, fault: NDArray[np.int8]) -> Times:
    """UTC of all stamps, those without an offset read on the zone's clock; marks what it skips or repeats."""
    utc = stamps.utc.copy()
    unplaced = unplaced & (stamps.wall >= _ZONED[0]) & (stamps.wall <= _ZONED[1])
    if not unplaced.any():
        return utc
    wall = pd.DatetimeIndex(stamps.wall[unplaced])
    placed = wall.tz_localize(ZoneInfo(zone), ambiguous="NaT", nonexistent="NaT")
    moved = wall.tz_localize(ZoneInfo(zone), ambiguous="NaT", nonexistent="shift_forward")
    reason = np.where(moved.isna(), Check.TIME_AMBIGUOUS, Check.TIME_NONEXISTENT)
    fault[unplaced] = np.where(placed.isna(), reason, fault[unplaced])
    utc[unplaced] = placed.tz_convert("UTC").tz_localize(None).to_numpy().astype("M8[us]")
    return utc
