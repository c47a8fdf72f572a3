"""Builders of raw rows, as sources yield them, good and bad."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from tsflow.config import Pipeline

NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


def pipeline(frequency: str = "D", **settings: Any) -> Pipeline:
    source = {"kind": "csv", "path": "data.csv"} | settings.pop("source", {})
    return Pipeline.model_validate({"source": source, "frequency": frequency, "horizon": 3, **settings})


def raw(
    ds: Sequence[Any], y: Sequence[Any] | None = None, unique_id: Sequence[str | None] | None = None
) -> pd.DataFrame:
    """Raw rows: ``y`` counts from 1 and the series is ``a`` if not given."""
    size = len(ds)
    return pd.DataFrame(
        {
            "unique_id": ["a"] * size if unique_id is None else list(unique_id),
            "ds": ds,
            "y": [str(number) for number in range(1, size + 1)] if y is None else y,
            "row": np.arange(1, size + 1),
            "broken": pd.Series([None] * size, dtype=object),
            "origin": ["data.csv"] * size,
        }
    )


def days(count: int, start: str = "2024-01-01") -> list[str]:
    """Consecutive days as text."""
    return [str(day) for day in np.datetime64(start) + np.arange(count)]


def hours(count: int, start: str = "2024-01-01T00") -> list[str]:
    """Consecutive hours as text."""
    return [str(hour) for hour in np.datetime64(start, "h") + np.arange(count)]
