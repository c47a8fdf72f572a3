import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.errors import FrequencyError, TsflowError
from tsflow.frequency import Frequency, WindowShape

MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
ALIASES = (
    *(
        "min",
        "5min",
        "15min",
        "30min",
        "h",
        "6h",
        "12h",
        "24h",
        "D",
        "B",
        "W",
        "MS",
        "ME",
        "QS",
        "QE",
        "YS",
        "YE",
    ),
    *(f"W-{day}" for day in WEEKDAYS),
    *(f"{base}-{month}" for base in ("QS", "QE", "YS", "YE") for month in MONTHS),
)
aliases = st.sampled_from(ALIASES)
moments = st.datetimes(pd.Timestamp("1678-01-01").to_pydatetime(), pd.Timestamp("2261-12-31").to_pydatetime())


def steps(alias: str, start: str = "1968-01-01", periods: int = 400) -> np.ndarray:
    """What pandas takes for the steps of a frequency."""
    return pd.date_range(start, periods=periods, freq=alias).to_numpy().astype("M8[us]")


@pytest.mark.parametrize("alias", ALIASES)
def test_steps_are_those_of_pandas(alias: str) -> None:
    frequency = Frequency.parse(alias)
    expected = steps(alias)
    positions = frequency.position(expected)
    assert (np.diff(positions) == 1).all()
    assert (frequency.timestamp(positions) == expected).all()
    assert frequency.on_grid(expected).all()


@given(aliases, st.integers(-5_000, 5_000), st.integers(0, 50))
def test_position_is_the_inverse_of_timestamp(alias: str, start: int, count: int) -> None:
    frequency = Frequency.parse(alias)
    positions = np.arange(start, start + count)
    if frequency.season_length == 1:
        positions = positions // 25  # years: within the dates of datetime64[ns]
    stamps = frequency.timestamp(positions)
    assert (frequency.position(stamps) == positions).all()
    assert frequency.on_grid(stamps).all()


@given(aliases, moments)
def test_position_is_the_last_step_not_after_the_moment(alias: str, moment: object) -> None:
    frequency = Frequency.parse(alias)
    ds = np.array([moment], dtype="M8[us]")
    position = frequency.position(ds)
    assert frequency.timestamp(position) <= ds < frequency.timestamp(position + 1)


@given(aliases, st.integers(-2_000, 2_000), st.integers(1, 59_000_000))
def test_a_moment_between_two_steps_is_not_on_the_grid(alias: str, position: int, microseconds: int) -> None:
    frequency = Frequency.parse(alias)
    between = frequency.timestamp(np.array([position])) + np.timedelta64(microseconds, "us")
    assert not frequency.on_grid(between).any()


@pytest.mark.parametrize("alias", ALIASES)
def test_the_grid_is_what_pandas_says_day_by_day(alias: str) -> None:
    frequency = Frequency.parse(alias)
    days = np.arange("1967-01-01", "1972-01-01", dtype="M8[D]").astype("M8[us]")
    offset = pd.tseries.frequencies.to_offset(alias)
    expected = (
        np.array([offset.is_on_offset(day) for day in pd.DatetimeIndex(days)])
        if frequency.kind != "tick"
        else np.ones(len(days), dtype=bool)
    )
    assert (frequency.on_grid(days) == expected).all()


def test_nat_is_not_on_any_grid() -> None:
    ds = np.array(["NaT", "2024-01-01", "NaT"], dtype="M8[us]")
    for alias in ALIASES:
        on_grid = Frequency.parse(alias).on_grid(ds)
        assert not on_grid[0]
        assert not on_grid[2]


@pytest.mark.parametrize("unit", ["s", "ms", "ns"])
def test_any_unit_of_time_is_taken(unit: str) -> None:
    ds = np.array(["2024-02-29", "2024-02-28"], dtype=f"M8[{unit}]")
    frequency = Frequency.parse("ME")
    assert frequency.on_grid(ds).tolist() == [True, False]
    assert np.diff(frequency.position(ds)).tolist() == [-1]


def test_shapes_are_kept() -> None:
    frequency = Frequency.parse("B")
    positions = np.arange(12).reshape(3, 4)
    assert frequency.timestamp(positions).shape == (3, 4)
    assert (frequency.position(frequency.timestamp(positions)) == positions).all()


@pytest.mark.parametrize(
    "alias",
    [
        "",
        "H",
        "M",
        "Q",
        "Y",
        "7min",
        "25h",
        "0h",
        "2D",
        "2MS",
        "W-XYZ",
        "MS-JAN",
        "h-MON",
        "D ",
        "-1h",
        "SMS",
        "s",
        "48h",
    ],
)
def test_an_unknown_alias_is_an_error_with_those_allowed(alias: str) -> None:
    with pytest.raises(FrequencyError, match="allowed: min, 15min, h, D, B, W-MON") as caught:
        Frequency.parse(alias)
    assert repr(alias) in str(caught.value)
    assert isinstance(caught.value, TsflowError)


@pytest.mark.parametrize(
    ("alias", "season_length", "token", "context"),
    [
        ("15min", 96, 24, 672),
        ("h", 24, 24, 168),
        ("D", 7, 7, 56),
        ("B", 5, 5, 40),
        ("W-SUN", 52, 13, 52),
        ("MS", 12, 12, 36),
        ("ME", 12, 12, 36),
        ("QS", 4, 4, 16),
        ("QE-NOV", 4, 4, 16),
        ("YE", 1, 1, 6),
    ],
)
def test_season_token_and_context_come_from_the_frequency(
    alias: str, season_length: int, token: int, context: int
) -> None:
    assert Frequency.parse(alias).shape() == WindowShape(season_length, token, context)


@given(
    aliases,
    st.none() | st.integers(1, 2_000),
    st.none() | st.integers(1, 100),
    st.none() | st.integers(1, 2_000),
)
def test_a_context_is_whole_tokens_and_what_was_asked_for(
    alias: str, season_length: int | None, token: int | None, context: int | None
) -> None:
    shape = Frequency.parse(alias).shape(season_length, token, context)
    assert shape.context % shape.token == 0
    assert shape.season_length == (season_length or Frequency.parse(alias).season_length)
    assert shape.token == (token or shape.token)
    wanted = context or shape.season_length
    assert shape.context >= wanted
    if context is not None:
        assert shape.context < context + shape.token


@pytest.mark.parametrize(
    ("alias", "calendar"), [("15min", False), ("h", False), ("24h", True), ("D", True), ("MS", True)]
)
def test_a_day_and_longer_are_calendar_dates(alias: str, calendar: bool) -> None:
    assert Frequency.parse(alias).is_calendar is calendar
