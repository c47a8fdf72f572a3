"""The contracts of the rows that come in, of those that are stored, and of the forecasts that go out."""

import warnings
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa
from numpy.typing import NDArray
from pandera.errors import SchemaErrors

from tsflow.errors import DataError
from tsflow.frequency import Frequency
from tsflow.quality.checks import Check

_LEVELS = ("lo_95", "lo_80", "y_hat", "hi_80", "hi_95")
_finite = pa.Check(np.isfinite, name="finite", error="not finite")

RawObservations = pa.DataFrameSchema(
    {
        "unique_id": pa.Column(nullable=True),
        "ds": pa.Column(nullable=True),
        "y": pa.Column(nullable=True),
        "available_at": pa.Column(nullable=True, required=False),
        "row": pa.Column("int64", pa.Check.ge(1)),
        "origin": pa.Column(),
        "broken": pa.Column(nullable=True),
    },
    name="RawObservations",
    description="Rows as a source gives them: anything may be wrong with a cell, nothing with the columns.",
    strict=True,
)

CleanObservations = pa.DataFrameSchema(
    {
        "unique_id": pa.Column(),
        "ds": pa.Column("datetime64[us]"),
        "y": pa.Column("float64", _finite),
        "available_at": pa.Column("datetime64[us]"),
    },
    name="CleanObservations",
    description="Rows that may be stored: UTC (a date for a day and longer), finite, one a series and stamp.",
    unique=["unique_id", "ds"],
    strict=True,
)

ForecastRows = pa.DataFrameSchema(
    {"series_id": pa.Column("int64"), "ds": pa.Column("datetime64[us]")}
    | {name: pa.Column("float64", _finite) for name in _LEVELS},
    checks=[
        pa.Check(lambda rows, low=low, high=high: rows[low] <= rows[high], name=f"{low} above {high}")
        for low, high in pairwise(_LEVELS)
    ],
    name="ForecastRows",
    description="Rows of `forecasts` before they are written: finite, ordered, one a series and step.",
    unique=["series_id", "ds"],
)


@dataclass(frozen=True)
class Limits:
    """What is credible for one pipeline at one time."""

    frequency: Frequency
    earliest: np.datetime64
    latest: np.datetime64
    """Now; the local date for a day and longer."""
    minimum: float
    maximum: float


def credible_observations(limits: Limits) -> pa.DataFrameSchema:
    """What a row's time and value must be to be credible; its checks are named as in ``Check``."""
    on_grid = limits.frequency.on_grid
    return pa.DataFrameSchema(
        {
            "ds": pa.Column(
                "datetime64[us]",
                [
                    _check(Check.TIME_TOO_EARLY, lambda ds: ds >= limits.earliest),
                    _check(
                        Check.TIME_OFF_GRID,
                        lambda ds: pd.Series(on_grid(ds.to_numpy(dtype="M8[us]")), ds.index),
                    ),
                    _check(Check.TIME_IN_FUTURE, lambda ds: ds <= limits.latest),
                ],
            ),
            "y": pa.Column(
                "float64",
                _check(Check.VALUE_OUT_OF_RANGE, lambda y: (y >= limits.minimum) & (y <= limits.maximum)),
            ),
        },
        name="credible observations",
    )


def first_failures(schema: pa.DataFrameSchema, frame: pd.DataFrame) -> NDArray[np.int8]:
    """The gravest ``Check`` that each row fails of those that ``schema`` names, shape [R]; a null fails none.

    The schema's checks are asked one by one: what they answer is a column, whereas ``failure_cases`` is made
    row by row, and took 25 s where all of a million rows were off the grid.
    """
    worst = np.full(len(frame), Check.NONE, dtype=np.int8)
    for name, column in schema.columns.items():
        known = frame[name].dropna()
        places = np.flatnonzero(frame[name].notna().to_numpy())
        for check in column.checks:
            failed = places[~check(known).check_output.to_numpy(dtype=bool)]
            worst[failed] = np.minimum(worst[failed], Check[check.name])
    return worst


def checked_forecasts(frame: pd.DataFrame) -> pd.DataFrame:
    """The forecasts, if they may be written.

    Raises:
        DataError: If one is not finite, out of order, or there twice: which checks failed, how often.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)  # of pandas 2.2, at how Pandera lists the failures
            return ForecastRows.validate(frame, lazy=True)
    except SchemaErrors as error:
        cases = error.failure_cases
    absent = cases["check"] == "column_in_dataframe"
    named = cases["check"].astype(str).where(~absent, "no column " + cases["failure_case"].astype(str))
    counts = cases.assign(named=named).drop_duplicates(["named", "index"])["named"].value_counts()
    listed = "; ".join(f"{name} ({count})" for name, count in sorted(counts.items()))
    raise DataError(f"forecasts that may not be published: {listed}; nothing was written")


def _check(check: Check, good: Any) -> pa.Check:
    return pa.Check(good, name=check.name)
