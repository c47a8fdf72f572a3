"""Columns of text as Arrow arrays, where parsing a million cells takes milliseconds."""

from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

_MISSING = pa.array(["", "na", "n/a", "nan", "null", "none", "nil", "#n/a", "<na>", "nat", "-"])


def text_array(column: "pd.Series[Any]") -> pa.Array:
    """The cells without blanks around them; null where there is none.

    A number among them (a year, a date as 20240131) is written out.
    """
    if not (pd.api.types.is_object_dtype(column) or pd.api.types.is_string_dtype(column)):
        column = column.astype("string")
    try:
        array = pa.array(column, pa.string(), from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError):
        array = pa.array([None if pd.isna(cell) else str(cell) for cell in column], pa.string())
    if isinstance(array, pa.ChunkedArray):
        array = array.combine_chunks()
    return pc.utf8_trim_whitespace(array)


def says_missing(text: pa.Array) -> pa.Array:
    """Whether each cell is null, empty, or a usual word for no value, in any case."""
    return pc.or_(pc.is_null(text), pc.fill_null(pc.is_in(pc.utf8_lower(text), _MISSING), False))


def is_garbled(text: pa.Array) -> pa.Array:
    """Whether each cell has lost characters to a wrong encoding, so that different ones may look the same, or has NUL.

    PostgreSQL stores no NUL, which is what UTF-16 looks like where another encoding is believed.
    """
    lost = pc.match_substring(text, "\N{REPLACEMENT CHARACTER}")
    return pc.fill_null(pc.or_(lost, pc.match_substring(text, "\0")), False)
