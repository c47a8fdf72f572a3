"""Columns of any type as the few that raw rows have: text, numbers and moments."""

from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc


def array_of(values: Sequence[Any]) -> pa.Array:
    """Python values as one array; as text where their types do not go together."""
    try:
        return pa.array(values, from_pandas=True)
    except (pa.ArrowInvalid, pa.ArrowTypeError, OverflowError, UnicodeEncodeError):
        return pa.array([None if value is None else _whole(str(value)) for value in values], pa.string())


def as_text(column: Any) -> Any:
    """The column as strings; null stays null."""
    column = _plain(column)
    if pa.types.is_string(column.type):
        return column
    if pa.types.is_null(column.type) or pa.types.is_primitive(column.type) or pa.types.is_large_string(column.type):
        return pc.cast(column, pa.string())
    return pa.array([None if value is None else str(value) for value in column.to_pylist()], pa.string())


def as_moments(column: Any) -> Any:
    """Timestamps and dates as timestamps, anything else as text."""
    column = _plain(column)
    if pa.types.is_date(column.type):
        return pc.cast(column, pa.timestamp("us"))
    return column if pa.types.is_timestamp(column.type) else as_text(column)


def as_values(column: Any) -> Any:
    """Numbers as float64, anything else as text."""
    column = _plain(column)
    kind = column.type
    if pa.types.is_boolean(kind):
        column, kind = pc.cast(column, pa.int8()), pa.int8()
    if pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        return pc.cast(column, pa.float64(), safe=False)
    return as_text(column)


def _whole(text: str) -> str:
    """The text with U+FFFD for half a character, which JSON can hold and UTF-8 cannot."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _plain(column: Any) -> Any:
    return pc.cast(column, column.type.value_type) if pa.types.is_dictionary(column.type) else column
