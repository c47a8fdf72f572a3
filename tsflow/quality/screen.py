"""Screening: of the raw rows of one chunk, which may be stored, and what is wrong with the others."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsflow.config import Pipeline
from tsflow.quality.bad_rows import bad_rows
from tsflow.quality.checks import Check
from tsflow.quality.duplicates import repeated
from tsflow.quality.frequency_advice import frequency_advice
from tsflow.quality.reasons import decimal_of
from tsflow.quality.schemas import (
    CleanObservations,
    Limits,
    RawObservations,
    credible_observations,
    first_failures,
)
from tsflow.quality.texts import is_garbled, text_array
from tsflow.quality.times import ParsedTimes, midnights, parse_times
from tsflow.quality.values import parse_values

_GUESS_ABOVE = 0.5
"""Share of rows off the grid from which the frequency, and not the rows, looks wrong."""


@dataclass(frozen=True)
class Screened:
    """One chunk, taken apart; ``rows == len(good) + len(bad) + duplicates + missing``."""

    rows: int
    good: pd.DataFrame
    """``unique_id, ds, y, available_at`` as ``CleanObservations`` says."""
    bad: pd.DataFrame
    """``unique_id, ds, raw, failed_check, reason, fingerprint, origin`` (text) and ``row`` (its number)."""
    duplicates: int
    """Rows that say what a good row says already."""
    missing: int
    """Rows without a value, where the pipeline takes those for gaps."""
    seems: str | None
    """What to do about the frequency, in words, if most rows are off the configured one's grid."""


def limits_of(pipeline: Pipeline, now: datetime) -> Limits:
    """What is credible for a pipeline at ``now`` (aware)."""
    grid, quality = pipeline.grid, pipeline.quality
    zone = ZoneInfo(pipeline.timezone) if grid.is_calendar else UTC
    latest = np.datetime64(now.astimezone(zone).replace(tzinfo=None), "us")
    earliest = np.datetime64(quality.earliest.replace(tzinfo=None), "us")
    return Limits(grid, earliest, latest, quality.minimum, quality.maximum)


def screen(chunk: pd.DataFrame, pipeline: Pipeline, now: datetime, *, mixed_zones: bool | None = None) -> Screened:
    """Split the raw rows of one chunk.

    A row that fails several checks is filed under the first in the order of ``Check``. Of rows of one chunk
    with the same series and stamp one is kept if their values are equal, and none if they differ; what
    different chunks say of the same stamp is the store's to compare.

    Args:
        chunk: Rows as ``tsflow.sources.read`` yields them.
        pipeline: The grid, the zones and the limits.
        now: Aware; later stamps are bad.
        mixed_zones: Whether the whole source mixes stamps with and without an offset, as ``survey`` finds; by
            this chunk alone if not given.
    """
    RawObservations.validate(chunk, lazy=True)
    chunk = chunk.reset_index(drop=True)
    limits = limits_of(pipeline, now)
    times = source_times(chunk["ds"], pipeline, mixed_zones)
    parsed, worst = _judged(chunk, pipeline, times, limits)
    kept = np.flatnonzero(worst == Check.NONE)
    copies, conflicts = repeated(parsed.iloc[kept].reset_index(drop=True))
    worst[kept[conflicts]] = Check.KEY_CONFLICT
    good = parsed.iloc[kept[~(copies | conflicts)]].reset_index(drop=True)
    gaps = (worst == Check.VALUE_MISSING) & (pipeline.quality.missing == "gap")
    bad = (worst != Check.NONE) & ~gaps
    return Screened(
        rows=len(chunk),
        good=CleanObservations.validate(good, lazy=True),
        bad=bad_rows(chunk, np.flatnonzero(bad), worst, pipeline, limits),
        duplicates=int(copies.sum()),
        missing=int(gaps.sum()),
        seems=_advice(parsed, worst, pipeline),
    )


def source_times(ds: "pd.Series[Any]", pipeline: Pipeline, mixed_zones: bool | None) -> ParsedTimes:
    """The stamps of a pipeline's source."""
    source = pipeline.source
    return parse_times(
        ds,
        calendar=pipeline.grid.is_calendar,
        zone=source.timezone,
        written=source.ds_format,
        mixed=mixed_zones,
    )


def _judged(
    chunk: pd.DataFrame, pipeline: Pipeline, times: ParsedTimes, limits: Limits
) -> tuple[pd.DataFrame, NDArray[np.int8]]:
    """The parsed rows, and the gravest check that each fails."""
    names = text_array(chunk["unique_id"])
    values = parse_values(chunk["y"], decimal_of(pipeline))
    available, unavailable = _availability(chunk, pipeline, times)
    parsed = pd.DataFrame({"unique_id": names.to_pandas(), "ds": times.ds, "y": values.y, "available_at": available})
    none = np.int8(Check.NONE)
    worst = np.minimum.reduce([times.fault, values.fault, first_failures(credible_observations(limits), parsed)])
    worst = np.where(unavailable, np.minimum(worst, np.int8(Check.AVAILABILITY_UNPARSEABLE)), worst)
    garbled = is_garbled(names).to_numpy(zero_copy_only=False)
    worst = np.where(garbled, np.minimum(worst, np.int8(Check.SERIES_GARBLED)), worst)
    unnamed = (parsed["unique_id"].isna() | (parsed["unique_id"] == "")).to_numpy(dtype=bool)
    worst = np.where(unnamed, np.minimum(worst, np.int8(Check.SERIES_UNNAMED)), worst)
    worst = np.where(chunk["broken"].notna(), np.int8(Check.ROW_BROKEN), worst)
    return parsed, worst.astype(none.dtype)


def _availability(
    chunk: pd.DataFrame, pipeline: Pipeline, times: ParsedTimes
) -> tuple[NDArray[np.datetime64], NDArray[np.bool_]]:
    """When each row could be known (as mapped, else its stamp and the delay); where the mapped is no time.

    A date begins at midnight in the pipeline's zone.
    """
    begins = midnights(times.ds, pipeline.timezone) if pipeline.grid.is_calendar else times.ds
    delayed = begins + np.timedelta64(round(pipeline.delay * 1e6), "us")
    if "available_at" not in chunk:
        return delayed, np.zeros(len(chunk), dtype=bool)
    mapped = parse_times(chunk["available_at"], calendar=False, zone=pipeline.source.timezone, mixed=False)
    absent = mapped.fault == Check.TIME_MISSING
    return np.where(absent, delayed, mapped.ds), (mapped.fault != Check.NONE) & ~absent


def _advice(parsed: pd.DataFrame, worst: NDArray[np.int8], pipeline: Pipeline) -> str | None:
    off = worst == Check.TIME_OFF_GRID
    if off.sum() <= _GUESS_ABOVE * len(worst):
        return None
    return frequency_advice(parsed["ds"].to_numpy()[off], pipeline.grid)
