"""Stamps: zones, formats, when a row was known."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from tests.unit.quality.observations import days, pipeline, raw
from tests.unit.quality.screening import failed, screened, stamps
from tsflow.quality import screen


@pytest.mark.parametrize(
    ("ds", "check", "words"),
    [
        ("yesterday", "time_unparseable", "'yesterday' is not ISO 8601"),
        ("2024-02-30", "time_unparseable", "'2024-02-30'"),
        ("31.12.2023", "time_unparseable", "source.ds_format"),
        ("1700000000", "time_unparseable", "'1700000000'"),
        ("", "time_missing", "column ds"),
        (None, "time_missing", "column ds"),
        ("1677-09-01", "time_too_early", "before 1678-01-01"),
        ("0001-01-01", "time_too_early", "quality.earliest"),
        ("2024-01-01T06:00", "time_off_grid", "off the grid of frequency D"),
        ("2262-04-12", "time_in_future", "after now (2024-06-01"),
        ("9999-12-31", "time_in_future", "after now"),
        ("2024-06-02", "time_in_future", "after now"),
    ],
)
def test_a_bad_time_is_quarantined(ds: str | None, check: str, words: str) -> None:
    found = screened(raw(["2024-01-01", ds]))
    assert failed(found) == [(2, check)]
    assert words in found.bad["reason"].iloc[0]
    assert stamps(found) == ["2024-01-01T00:00"]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_stamps_that_no_calendar_has_are_unparseable(unit: str) -> None:
    ds = pd.Series(np.array([2**62, -(2**62), 0], dtype=f"M8[{unit}]"))
    assert failed(screened(raw(ds))) == [(1, "time_unparseable"), (2, "time_unparseable")]


def test_the_earliest_time_is_a_setting() -> None:
    found = screened(raw(days(3)), pipeline(quality={"earliest": "2024-01-02"}))
    assert failed(found) == [(1, "time_too_early")]


def test_a_format_is_a_setting() -> None:
    settings = pipeline(source={"ds_format": "%d.%m.%Y"})
    found = screened(raw(["31.01.2024", "2024-01-30", "01.01.1500"]), settings)
    assert stamps(found) == ["2024-01-31T00:00"]
    assert failed(found) == [(2, "time_unparseable"), (3, "time_too_early")]


def test_a_row_is_known_after_the_delay() -> None:
    found = screened(raw(["2024-01-01"]), pipeline(delay=3600.0))
    assert found.good["available_at"].astype(str).tolist() == ["2024-01-01 01:00:00"]


def test_a_mapped_availability_is_a_moment() -> None:
    chunk = raw(days(3)).assign(available_at=["2024-01-02T12:00+02:00", "", "soon"])
    found = screened(chunk, pipeline(delay=60.0, source={"columns": {"available_at": "known"}}))
    assert found.good["available_at"].astype(str).tolist() == ["2024-01-02 10:00:00", "2024-01-02 00:01:00"]
    assert failed(found) == [(3, "availability_unparseable")]
    assert "known 'soon'" in found.bad["reason"].iloc[0]


def test_moments_are_converted_to_utc() -> None:
    found = screened(raw(["2024-01-01T01:00+01:00", "2024-01-01 01:00Z", "2023-12-31T19:00-0700"]), pipeline("h"))
    assert stamps(found) == ["2024-01-01T00:00", "2024-01-01T01:00", "2024-01-01T02:00"]


def test_moments_without_an_offset_are_utc_or_in_the_sources_zone() -> None:
    chunk = raw(["2024-01-01T01:00", "2024-05-01T01:00"])
    assert stamps(screened(chunk, pipeline("h"))) == ["2024-01-01T01:00", "2024-05-01T01:00"]
    berlin = pipeline("h", source={"timezone": "Europe/Berlin"})
    assert stamps(screened(chunk, berlin)) == ["2024-01-01T00:00", "2024-04-30T23:00"]


def test_of_mixed_zones_those_without_an_offset_are_quarantined() -> None:
    chunk = raw(["2024-01-01T01:00", "2024-01-01T01:00Z", "x"])
    found = screened(chunk, pipeline("h"))
    assert stamps(found) == ["2024-01-01T01:00"]
    assert failed(found) == [(1, "time_without_zone"), (3, "time_unparseable")]
    assert "set source.timezone" in found.bad["reason"].iloc[0]
    berlin = pipeline("h", source={"timezone": "Europe/Berlin"})
    assert stamps(screened(chunk, berlin)) == ["2024-01-01T00:00", "2024-01-01T01:00"]


def test_whether_zones_are_mixed_is_a_matter_of_the_whole_source() -> None:
    chunk = raw(["2024-01-01T01:00"])
    assert len(screened(chunk, pipeline("h"), mixed_zones=False).good) == 1
    assert failed(screened(chunk, pipeline("h"), mixed_zones=True)) == [(1, "time_without_zone")]


def test_clock_changes_leave_the_hours_that_are_certain() -> None:
    berlin = pipeline("h", source={"timezone": "Europe/Berlin"})
    spring = screened(raw([f"2024-03-31T0{hour}:00" for hour in range(5)]), berlin)
    assert stamps(spring) == ["2024-03-30T23:00", "2024-03-31T00:00", "2024-03-31T01:00", "2024-03-31T02:00"]
    assert failed(spring) == [(3, "time_nonexistent")]
    assert "does not exist in Europe/Berlin" in spring.bad["reason"].iloc[0]
    autumn = screened(raw([f"2023-10-29T0{hour}:00" for hour in range(5)]), berlin)
    assert stamps(autumn) == ["2023-10-28T22:00", "2023-10-28T23:00", "2023-10-29T02:00", "2023-10-29T03:00"]
    assert failed(autumn) == [(3, "time_ambiguous")]
    assert "occurs twice in Europe/Berlin" in autumn.bad["reason"].iloc[0]


def test_an_offset_settles_the_hour_that_occurs_twice() -> None:
    berlin = pipeline("h", source={"timezone": "Europe/Berlin"})
    found = screened(raw(["2023-10-29T02:00+02:00", "2023-10-29T02:00+01:00"]), berlin)
    assert stamps(found) == ["2023-10-29T00:00", "2023-10-29T01:00"]


def test_extreme_years_in_a_zone_do_not_crash() -> None:
    berlin = pipeline("h", source={"timezone": "Europe/Berlin"})
    found = screened(raw(["0001-01-01T00:00", "1677-09-21T00:00", "2262-04-12T00:00", "9999-12-31T23:00"]), berlin)
    assert [check for _, check in failed(found)] == ["time_too_early"] * 2 + ["time_in_future"] * 2


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/Los_Angeles", "UTC"])
def test_dates_are_never_shifted(zone: str) -> None:
    ds = ["2024-01-31", "2024-02-01T00:00+14:00", "2024-02-02T00:00:00Z", "2024-02-03 00:00-12:00"]
    found = screened(raw(ds), pipeline(timezone=zone, source={"timezone": zone}))
    assert stamps(found) == [f"2024-{day}T00:00" for day in ("01-31", "02-01", "02-02", "02-03")]


def test_typed_moments_of_a_zone_keep_their_date() -> None:
    ds = pd.Series(pd.DatetimeIndex(days(2)).tz_localize("Europe/Berlin"))
    assert stamps(screened(raw(ds))) == ["2024-01-01T00:00", "2024-01-02T00:00"]
    assert stamps(screened(raw(ds), pipeline("h"))) == ["2023-12-31T23:00", "2024-01-01T23:00"]


def test_the_date_of_now_is_the_pipelines() -> None:
    late = datetime(2024, 6, 1, 20, tzinfo=UTC)  # 2 June in Tokyo
    chunk = raw(["2024-06-02"])
    assert len(screen(chunk, pipeline(timezone="Asia/Tokyo"), late).good) == 1
    assert len(screen(chunk, pipeline(), late).bad) == 1


def test_abbreviated_dates_are_their_first_day() -> None:
    assert stamps(screened(raw(["2023", "2024"]), pipeline("YS"))) == ["2023-01-01T00:00", "2024-01-01T00:00"]
    assert stamps(screened(raw(["2024-02"]), pipeline("MS"))) == ["2024-02-01T00:00"]
    assert stamps(screened(raw(["20240229"]))) == ["2024-02-29T00:00"]
    assert stamps(screened(raw(pd.Series([20240229])))) == ["2024-02-29T00:00"]


def test_a_date_is_available_from_its_midnight_in_the_pipelines_zone() -> None:
    found = screened(raw(days(1)), pipeline(timezone="Australia/Melbourne", delay=86_400.0))
    assert found.good["ds"].astype(str).tolist() == ["2024-01-01"]
    assert found.good["available_at"].astype(str).tolist() == ["2024-01-01 13:00:00"]
