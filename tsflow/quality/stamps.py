"""Timestamps as they are written, to the wall clock they show and the offset they name."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tsflow.frequency import Times

Mask = NDArray[np.bool_]

_SHORT_FORMS = (  # the year, the month and the basic form of ISO 8601, and nanoseconds
    (r"^(\d{4})$", r"\1-01-01"),
    (r"^(\d{4})-(\d{2})$", r"\1-\2-01"),
    (r"^(\d{4})(\d{2})(\d{2})$", r"\1-\2-\3"),
    (r"(\.\d{6})\d{1,3}", r"\1"),
)
_OFFSET = r" ?(?P<offset>Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?)$"
_ISO = (
    r"^\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])"
    r"(?:[T ](?:[01]\d|2[0-3])(?::[0-5]\d(?::[0-5]\d(?:\.\d{1,6})?)?)?"
    r"(?: ?(?:Z|[+-](?:[01]\d|2[0-3])(?::?[0-5]\d)?))?)?$"
)
_FIRST, _END = np.datetime64("0001-01-01"), np.datetime64("9999-12-31")


@dataclass(frozen=True)
class Stamps:
    """What R stamps say, each array of shape [R]."""

    wall: Times
    """The date and time as written, without its offset; NaT where it cannot be read."""
    offset: NDArray[np.timedelta64]
    """Wall clock minus UTC; 0 where none is written."""
    aware: Mask
    """Whether an offset is written."""

    @property
    def utc(self) -> Times:
        """The moments, where a stamp without an offset counts as UTC."""
        return self.wall - self.offset

    def take(self, indices: NDArray[np.int64]) -> "Stamps":
        """The stamps at these places."""
        return Stamps(self.wall[indices], self.offset[indices], self.aware[indices])


def typed_stamps(column: "pd.Series[pd.Timestamp]") -> Stamps:
    """Stamps of a source that has a type for them."""
    zone = column.dt.tz
    wall = _microseconds(column if zone is None else column.dt.tz_localize(None))
    utc = wall if zone is None else _microseconds(column.dt.tz_convert("UTC").dt.tz_localize(None))
    return Stamps(wall, _no_less(wall - utc), np.full(len(wall), zone is not None))


def iso_stamps(text: pa.Array) -> Stamps:
    """Stamps in ISO 8601, ``2024-01-31T13:00:00.5+02:00``, or its beginning; a blank may stand for the T."""
    try:
        return _naive(pc.cast(text, pa.timestamp("us")).to_numpy(zero_copy_only=False))
    except pa.ArrowInvalid:
        encoded = text.dictionary_encode()  # stamps repeat from series to series
    if pc.all(pc.ends_with(text, "Z"), skip_nulls=False).as_py():
        try:
            return _zulu(pc.cast(text, pa.timestamp("us", "UTC")))
        except pa.ArrowInvalid:
            pass
    full = _in_full(encoded.dictionary)
    aware = _mask(pc.match_substring_regex(full, r"^.{11}.*" + _OFFSET)) & _mask(pc.is_valid(full))
    offset = np.zeros(len(full), dtype="m8[us]")
    if aware.any():
        written = full.filter(pa.array(aware))
        offset[aware] = _offsets(pc.struct_field(pc.extract_regex(written, _OFFSET), "offset"))
        full = pc.replace_with_mask(full, pa.array(aware), pc.replace_substring_regex(written, _OFFSET, ""))
    wall = pc.cast(full, pa.timestamp("us")).to_numpy(zero_copy_only=False)
    return _spread(Stamps(wall, offset, aware), encoded)


def _zulu(moments: pa.Array) -> Stamps:
    wall = pc.cast(moments, pa.timestamp("us")).to_numpy(zero_copy_only=False)
    return Stamps(wall, np.zeros(len(wall), dtype="m8[us]"), np.ones(len(wall), dtype=bool))


def _in_full(text: pa.Array) -> pa.Array:
    """Year, month, day and perhaps time and offset; null for what is no such thing."""
    iso = _mask(pc.match_substring_regex(text, _ISO))
    if not iso.all():
        other = text.filter(pa.array(~iso))
        for pattern, full in _SHORT_FORMS:
            other = pc.replace_substring_regex(other, pattern, full)
        other = pc.if_else(pc.match_substring_regex(other, _ISO), other, None)
        text = pc.replace_with_mask(text, pa.array(~iso), other)
    return pc.if_else(pa.array(_is_date(text)), text, None)


def formatted_stamps(text: pa.Array, written: str) -> Stamps:
    """Stamps in a strptime format."""
    encoded = text.dictionary_encode()
    distinct = encoded.dictionary.to_pylist()
    if "%z" in written or "%Z" in written:
        return _spread(_one_by_one(distinct, written), encoded)
    with_pandas = pd.to_datetime(pd.Series(distinct, dtype=object), format=written, errors="coerce")
    wall = _microseconds(with_pandas)
    rest = np.flatnonzero(np.isnat(wall))  # before pandas 3, this has years before 1678 and after 2261
    wall[rest] = _one_by_one([distinct[index] for index in rest], written).wall
    return _spread(_naive(wall), encoded)


def _one_by_one(texts: list[str], written: str) -> Stamps:
    parsed: list[datetime | None] = []
    for text in texts:
        try:
            parsed.append(datetime.strptime(text, written))  # noqa: DTZ007 - its offset is looked at next
        except ValueError:
            parsed.append(None)
    wall = [np.datetime64("NaT") if one is None else np.datetime64(one.replace(tzinfo=None)) for one in parsed]
    offset = [timedelta(0) if one is None else one.utcoffset() or timedelta(0) for one in parsed]
    aware = [one is not None and one.tzinfo is not None for one in parsed]
    return Stamps(np.array(wall, "M8[us]"), np.array(offset, "m8[us]"), np.array(aware, bool))


def _spread(distinct: Stamps, encoded: pa.DictionaryArray) -> Stamps:
    """From distinct texts back to rows; a null is NaT."""
    none = _naive(np.full(1, np.datetime64("NaT"), dtype="M8[us]"))
    padded = Stamps(*(np.concatenate(pair) for pair in zip(_arrays(distinct), _arrays(none), strict=True)))
    codes = pc.fill_null(encoded.indices, len(distinct.wall)).to_numpy(zero_copy_only=False)
    return padded.take(codes)


def _arrays(stamps: Stamps) -> tuple[Any, Any, Any]:
    return stamps.wall, stamps.offset, stamps.aware


def _naive(wall: Times) -> Stamps:
    return Stamps(wall, np.zeros(len(wall), dtype="m8[us]"), np.zeros(len(wall), dtype=bool))


def _is_date(text: pa.Array) -> Mask:
    """Whether each text begins with a date whose month has that day; null does not."""
    date = pc.fill_null(pc.utf8_slice_codeunits(text, 0, 10), "0000-01-01")
    year, month, day = (
        pc.cast(pc.utf8_slice_codeunits(date, *part), pa.int64()).to_numpy(zero_copy_only=False)
        for part in ((0, 4), (5, 7), (8, 10))
    )
    months = (year - 1970) * 12 + month - 1
    first = months.astype("M8[M]").astype("M8[D]")
    length = (months + 1).astype("M8[M]").astype("M8[D]") - first
    exists: Mask = (day <= length.astype(np.int64)) & (year > 0)
    return exists


def _offsets(text: pa.Array) -> NDArray[np.timedelta64]:
    encoded = text.dictionary_encode()  # few are different
    known = np.array([_offset(one) for one in encoded.dictionary.to_pylist()], dtype="m8[us]")
    offsets: NDArray[np.timedelta64] = known[encoded.indices.to_numpy(zero_copy_only=False)]
    return offsets


def _offset(text: str) -> timedelta:
    if text == "Z":
        return timedelta(0)
    size = timedelta(hours=int(text[1:3]), minutes=int(text[3:].lstrip(":") or 0))
    return size if text[0] == "+" else -size


def _mask(array: pa.Array) -> Mask:
    """A boolean array in which null is false."""
    mask: Mask = pc.fill_null(array, False).to_numpy(zero_copy_only=False)
    return mask


def _microseconds(column: "pd.Series[pd.Timestamp]") -> Times:
    """The stamps in microseconds; NaT where they might not hold the year, which has not four digits."""
    stamps = column.to_numpy()
    unit = np.datetime_data(stamps.dtype)[0]
    if unit in ("s", "ms"):
        inside = (stamps >= _FIRST.astype(stamps.dtype)) & (stamps < _END.astype(stamps.dtype))
        stamps = np.where(inside, stamps, np.datetime64("NaT"))
    return np.array(stamps, dtype="M8[us]")


def _no_less(offset: NDArray[np.timedelta64]) -> NDArray[np.timedelta64]:
    return np.where(np.isnat(offset), np.timedelta64(0, "us"), offset)
