"""Values as they are written, to float64."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tsflow.quality.checks import Check
from tsflow.quality.texts import says_missing, text_array

_NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
_INFINITE = r"(?i)^[+-]?inf(inity)?$"


@dataclass(frozen=True)
class Values:
    """Parsed values, and why some are none."""

    y: NDArray[np.float64]
    """Shape [R]; NaN exactly where ``fault`` is one."""
    fault: NDArray[np.int8]
    """A ``Check`` of each, shape [R]: ``NONE`` or one of the VALUE checks."""


def parse_values(column: "pd.Series[Any]", decimal: str = ".") -> Values:
    """Read numbers; text with another decimal mark than the configured one is no number.

    >>> parse_values(pd.Series(["1,5", "2.5", "", "inf"]), decimal=",").y
    array([1.5, nan, nan, nan])
    """
    if pd.api.types.is_numeric_dtype(column):
        y: NDArray[np.float64] = column.to_numpy(dtype=np.float64, na_value=np.nan)
        fault = np.where(np.isnan(y), Check.VALUE_MISSING, Check.NONE).astype(np.int8)
    else:
        y, fault = _from_text(text_array(column), decimal)
    infinite = np.isinf(y)
    if infinite.any():
        y, fault = np.where(infinite, np.nan, y), np.where(infinite, np.int8(Check.VALUE_NOT_FINITE), fault)
    return Values(y, fault)


def _from_text(text: pa.Array, decimal: str) -> tuple[NDArray[np.float64], NDArray[np.int8]]:
    if decimal != ".":  # a point is then no decimal mark, and perhaps one of thousands
        text = pc.replace_substring(pc.replace_substring(text, ".", "?"), decimal, ".")
    try:
        y = pc.cast(text, pa.float64()).to_numpy(zero_copy_only=False)
        if not np.isnan(y).any():
            return y, np.full(len(y), Check.NONE, dtype=np.int8)
    except pa.ArrowInvalid:
        pass
    number = _matches(text, _NUMBER)
    number[~number] = _matches(text.filter(pa.array(~number)), _INFINITE)
    y = pc.cast(pc.if_else(pa.array(number), text, None), pa.float64()).to_numpy(zero_copy_only=False)
    fault = np.full(len(y), Check.VALUE_UNPARSEABLE, dtype=np.int8)
    fault[says_missing(text).to_numpy(zero_copy_only=False)] = Check.VALUE_MISSING
    fault[number] = Check.NONE
    return y, fault


def _matches(text: pa.Array, pattern: str) -> NDArray[np.bool_]:
    matched = pc.fill_null(pc.match_substring_regex(text, pattern), False)
    return np.array(matched.to_numpy(zero_copy_only=False), dtype=bool)
