"""A frequency that does not fit is noticed, and the one that does is named."""

import pytest

from tests.unit.quality.observations import days, hours, pipeline, raw
from tests.unit.quality.screening import screened


@pytest.mark.parametrize(
    ("ds", "frequency", "expected"),
    [
        (hours(100), "D", "h"),
        (days(100), "MS", "D"),
        (["2024-01-31", "2024-02-29", "2024-03-31", "2024-04-30"], "MS", "ME"),
        (days(60)[2::7], "W-MON", "W-WED"),
        (["2023-04-01", "2023-07-01", "2023-10-01", "2024-01-01"], "QE", "QS"),
        (["2021-12-31", "2022-12-31", "2023-12-31"], "YS", "YE"),
        (
            [f"2024-01-01T{hour:02}:{minute}" for hour in range(24) for minute in ("15", "30", "45")],
            "h",
            "15min",
        ),
    ],
)
def test_a_frequency_that_does_not_fit_is_noticed(ds: list[str], frequency: str, expected: str) -> None:
    advice = f"the data seem to have the frequency {expected}: set `frequency`"
    assert screened(raw(ds), pipeline(frequency)).seems == advice


@pytest.mark.parametrize(
    ("ds", "frequency", "expected"),
    [
        (["2024-01-15", "2024-02-15", "2024-03-15"], "MS", "MS: write 2024-01-01 for 2024-01-15"),
        (
            ["2021-06-15", "2022-06-15", "2023-06-15"],
            "YS",
            "YS-JUN: write 2021-06-01 for 2021-06-15 and set `frequency`",
        ),
        ([f"{day}T12:00" for day in days(60)], "D", "D: write 2024-01-01 for 2024-01-01T12:00"),
        ([f"{hour}:30" for hour in hours(60)], "h", "h: write 2024-01-01T00:00 for 2024-01-01T00:30"),
        ([f"{day}T12:00" for day in days(60)[2::7]], "W-WED", "W-WED: write 2024-01-03 for 2024-01-03T12:00"),
    ],
)
def test_stamps_a_fixed_time_into_each_step_are_to_be_written_as_its_begin(
    ds: list[str], frequency: str, expected: str
) -> None:
    found = screened(raw(ds), pipeline(frequency)).seems
    assert found == f"the data seem to have the frequency {expected}"


def test_a_few_rows_off_the_grid_say_nothing_of_the_frequency() -> None:
    assert screened(raw([*days(50), *hours(3, "2024-01-01T01")])).seems is None
