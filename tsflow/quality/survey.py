"""A first look through a source: what must be known of all its rows before the first can be judged."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

import numpy as np
import pandas as pd

from tsflow.config import Pipeline
from tsflow.quality.checks import Check
from tsflow.quality.reasons import decimal_of
from tsflow.quality.schemas import credible_observations, first_failures
from tsflow.quality.screen import limits_of, source_times
from tsflow.quality.values import parse_values


@dataclass(frozen=True)
class Survey:
    """What a source holds."""

    last: datetime | None
    """The last credible stamp with a value (aware, UTC); none if there is no such row."""
    mixed_zones: bool
    """Whether it mixes stamps with and without an offset."""


def survey(chunks: Iterable[pd.DataFrame], pipeline: Pipeline, now: datetime) -> Survey:
    """Look through a source once, as the ``data`` clock needs, and a source of mixed zones.

    Args:
        chunks: Rows as ``tsflow.sources.read`` yields them.
        pipeline: The grid, the zones and the limits.
        now: Aware, of the wall clock: no later stamp is credible.
    """
    limits = limits_of(pipeline, now)
    schema = credible_observations(limits)
    last: np.datetime64 | None = None
    aware = naive = False
    for chunk in chunks:
        times = source_times(chunk["ds"], pipeline, mixed_zones=False)
        aware, naive = aware or times.aware, naive or times.naive
        y = parse_values(chunk["y"], decimal_of(pipeline)).y
        credible = first_failures(schema, pd.DataFrame({"ds": times.ds, "y": y})) == Check.NONE
        stamps = times.ds[credible & ~np.isnat(times.ds) & ~np.isnan(y)]
        if len(stamps):
            last = stamps.max() if last is None else max(last, stamps.max())
    moment = None if last is None else pd.Timestamp(last).to_pydatetime().replace(tzinfo=UTC)
    return Survey(moment, aware and naive)
