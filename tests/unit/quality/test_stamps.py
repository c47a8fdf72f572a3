"""ISO 8601 by columns, against Python's own reading of it."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.quality.stamps import iso_stamps
from tsflow.quality.times import parse_times

OFFSETS = st.sampled_from(["", "Z", "+02:00", "-0330", "+14", " +01:00"])


@given(
    st.datetimes(datetime(1000, 1, 1)),  # noqa: DTZ001 - Hypothesis wants it so
    st.sampled_from(["T", " "]),
    OFFSETS,
    st.booleans(),
)
def test_any_moment_is_read_as_python_reads_it(moment: datetime, between: str, offset: str, alone: bool) -> None:
    text = moment.isoformat(between) + offset
    expected = datetime.fromisoformat(moment.isoformat() + offset.strip())
    column = pd.Series([text] if alone else [text, "2024", "x", None])
    parsed = parse_times(column, calendar=False, mixed=False).ds[0]
    aware = expected if expected.tzinfo else expected.replace(tzinfo=UTC)
    try:
        assert parsed == np.datetime64(aware.astimezone(UTC).replace(tzinfo=None), "us")
    except OverflowError:  # Python has no year 10000
        assert parsed > np.datetime64("9999-12-31")


@given(st.integers(1, 9999), st.integers(0, 13), st.integers(0, 32))
def test_a_date_is_read_if_there_is_one(year: int, month: int, day: int) -> None:
    text = f"{year:04}-{month:02}-{day:02}"
    try:
        expected = np.datetime64(datetime.strptime(text, "%Y-%m-%d"), "us")  # noqa: DTZ007 - a date
    except ValueError:
        expected = np.datetime64("NaT")
    for column in ([text], [text, "2024-01-01T00:00Z"]):
        assert np.array_equal(iso_stamps(pa.array(column)).wall[0], expected, equal_nan=True)


NO_STAMPS = [
    "24-01-01", "2024-1-1", "2024-01-01T24:00", "2024-01-01T00:60", "2024-W01", "2024-01-01+02:00",
    "2024-01-01T00:00+25:00", "12:00", "now", "2024-01-01T00:00:00 Europe/Berlin",
]  # fmt: skip


@pytest.mark.parametrize("text", NO_STAMPS)
def test_what_is_no_stamp_is_none(text: str) -> None:
    for column in ([text], [text, "2024"], [text, "2024-01-01T00:00Z"]):
        assert np.isnat(iso_stamps(pa.array(column)).wall[0])
