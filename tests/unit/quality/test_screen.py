"""Every kind of bad row: what becomes of it, and what is said of it."""

import json
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.unit.quality.observations import NOW, days, hours, pipeline, raw
from tsflow.config import Pipeline
from tsflow.quality import Screened, screen


def stamps(screened: Screened) -> list[str]:
    return [str(stamp) for stamp in screened.good["ds"].to_numpy().astype("M8[m]")]


def failed(screened: Screened) -> list[tuple[int, str]]:
    return list(zip(screened.bad["row"], screened.bad["failed_check"], strict=True))


def screened(chunk: pd.DataFrame, settings: Pipeline | None = None, **options: Any) -> Screened:
    return screen(chunk, settings or pipeline(), NOW, **options)


def test_good_rows_come_out_typed() -> None:
    found = screened(raw(days(3), ["1", " 2.5 ", "-1e3"], ["a", " a ", "b"]))
    assert found.good["unique_id"].tolist() == ["a", "a", "b"]
    assert found.good["ds"].dtype == "datetime64[us]"
    assert found.good["y"].tolist() == [1, 2.5, -1000]
    assert found.good["available_at"].tolist() == found.good["ds"].tolist()
    assert (found.rows, len(found.bad), found.duplicates, found.missing) == (3, 0, 0, 0)


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


@pytest.mark.parametrize(
    ("y", "check", "words"),
    [
        ("", "value_missing", "quality.missing"),
        (None, "value_missing", "missing"),
        ("NaN", "value_missing", "missing"),
        ("n/a", "value_missing", "missing"),
        ("abc", "value_unparseable", "'abc' is no number"),
        ("1,5", "value_unparseable", "decimal mark '.'"),
        ("0x1A", "value_unparseable", "'0x1A'"),
        ("1_000", "value_unparseable", "'1_000'"),
        ("inf", "value_not_finite", "'inf' is not finite"),
        ("-Infinity", "value_not_finite", "not finite"),
        ("1e400", "value_not_finite", "'1e400'"),
        ("1e30", "value_out_of_range", "outside [-1e+15, 1e+15]"),
        ("-1e30", "value_out_of_range", "quality.minimum"),
    ],
)
def test_a_bad_value_is_quarantined(y: str | None, check: str, words: str) -> None:
    found = screened(raw(days(2), ["1", y]))
    assert failed(found) == [(2, check)]
    assert words in found.bad["reason"].iloc[0]


def test_typed_cells_are_judged_like_text() -> None:
    ds = pd.Series(np.array(["1677-01-01", "2024-01-01", "NaT", "2262-12-31", "2024-01-02"], dtype="M8[us]"))
    found = screened(raw(ds, [1.0, np.inf, 1.0, 1.0, 5.0]))
    checks = [(1, "time_too_early"), (2, "value_not_finite"), (3, "time_missing"), (4, "time_in_future")]
    assert failed(found) == checks
    assert found.good["y"].tolist() == [5.0]


@pytest.mark.parametrize("unit", ["s", "ms"])
def test_stamps_that_no_calendar_has_are_unparseable(unit: str) -> None:
    ds = pd.Series(np.array([2**62, -(2**62), 0], dtype=f"M8[{unit}]"))
    assert failed(screened(raw(ds))) == [(1, "time_unparseable"), (2, "time_unparseable")]


def test_a_row_is_filed_under_the_gravest_check_that_it_fails() -> None:
    found = screened(raw(["x", "2099-01-01", "2024-01-01"], ["", "abc", "1"], [None, "a", ""]))
    assert failed(found) == [(1, "series_unnamed"), (2, "time_in_future"), (3, "series_unnamed")]


def test_a_name_that_decoding_spoilt_is_quarantined_for_different_ones_look_the_same() -> None:
    found = screened(raw(days(3), ["1", "2", "3"], ["B\ufffdr", "b", "B\ufffdr"]))
    assert failed(found) == [(1, "series_garbled"), (3, "series_garbled")]
    assert "'B\ufffdr' has NUL or characters that decoding lost; set source.encoding" in found.bad["reason"].iloc[0]
    assert found.series.tolist() == ["b"]


def test_a_name_with_a_character_that_databases_refuse_is_quarantined() -> None:
    found = screened(raw(days(3), ["1", "2", "3"], ["a\0b", "b", "\0"]))
    assert failed(found) == [(1, "series_garbled"), (3, "series_garbled")]
    assert "the name 'a\\x00b' has NUL" in found.bad["reason"].iloc[0]
    assert found.series.tolist() == ["b"]


def test_a_broken_line_is_shown_as_it_is() -> None:
    chunk = raw([None, "2024-01-01"])
    chunk["broken"] = pd.Series(["2024;1", None], dtype=object)
    found = screened(chunk)
    assert failed(found) == [(1, "row_broken")]
    assert "'2024;1'" in found.bad["reason"].iloc[0]
    assert json.loads(found.bad["raw"].iloc[0]) == {"line": "2024;1", "origin": "data.csv", "row": 1}


def test_a_bad_row_is_kept_as_it_was_read() -> None:
    found = screened(raw(["2024-13-01"], ["1,5 €"], ["Köln"]))
    row = found.bad.iloc[0]
    cells = {"unique_id": "Köln", "ds": "2024-13-01", "y": "1,5 €"}
    assert json.loads(row["raw"]) == {**cells, "origin": "data.csv", "row": 1}
    assert (row["unique_id"], row["ds"], row["origin"], row["row"]) == ("Köln", "2024-13-01", "data.csv", 1)


def test_a_fingerprint_is_of_the_content_alone() -> None:
    one = screened(raw(["x", "x", "y"], ["1", "2", "1"])).bad["fingerprint"].tolist()
    moved = raw(["2024-01-01", "x"], ["1", "1"])
    moved["origin"] = "other.csv"
    assert screened(moved).bad["fingerprint"].tolist() == one[:1]
    assert len(set(one)) == 3
    assert all(len(fingerprint) == 16 for fingerprint in one)


def test_decimal_commas_are_a_setting() -> None:
    settings = pipeline(source={"separator": ";", "decimal": ","})
    found = screened(raw(days(4), ["1,5", "7", "1.234,5", "1.234"]), settings)
    assert found.good["y"].tolist() == [1.5, 7.0]
    assert failed(found) == [(3, "value_unparseable"), (4, "value_unparseable")]


def test_a_range_is_a_setting() -> None:
    found = screened(raw(days(4), ["-1", "0", "10", "11"]), pipeline(quality={"minimum": 0, "maximum": 10}))
    assert found.good["y"].tolist() == [0.0, 10.0]
    assert "outside [0, 10]" in found.bad["reason"].iloc[0]


def test_the_earliest_time_is_a_setting() -> None:
    found = screened(raw(days(3)), pipeline(quality={"earliest": "2024-01-02"}))
    assert failed(found) == [(1, "time_too_early")]


def test_a_format_is_a_setting() -> None:
    settings = pipeline(source={"ds_format": "%d.%m.%Y"})
    found = screened(raw(["31.01.2024", "2024-01-30", "01.01.1500"]), settings)
    assert stamps(found) == ["2024-01-31T00:00"]
    assert failed(found) == [(2, "time_unparseable"), (3, "time_too_early")]


def test_missing_values_may_count_as_gaps() -> None:
    settings = pipeline(quality={"missing": "gap"})
    found = screened(raw([*days(3), "x"], ["1", "", "NaN", ""]), settings)
    assert (len(found.good), found.missing) == (1, 2)
    assert failed(found) == [(4, "time_unparseable")]


# --- the same stamp twice


def test_a_row_that_says_the_same_again_is_counted() -> None:
    found = screened(raw(["2024-01-01", "2024-01-02", "2024-01-01"], ["1", "2", "1.0"]))
    assert (len(found.good), found.duplicates, len(found.bad)) == (2, 1, 0)


def test_rows_that_contradict_each_other_are_all_quarantined() -> None:
    found = screened(raw(["2024-01-01", "2024-01-02", "2024-01-01"], ["1", "2", "3"]))
    assert found.good["y"].tolist() == [2.0]
    assert failed(found) == [(1, "key_conflict"), (3, "key_conflict")]
    assert "'1' contradicts another row" in found.bad["reason"].iloc[0]


def test_the_same_stamp_of_two_series_is_no_repetition() -> None:
    found = screened(raw(["2024-01-01"] * 2, ["1", "3"], ["a", "b"]))
    assert (len(found.good), found.duplicates) == (2, 0)


def test_a_bad_row_contradicts_nobody() -> None:
    found = screened(raw(["2024-01-01"] * 3, ["1", "x", ""]))
    assert found.good["y"].tolist() == [1.0]
    assert failed(found) == [(2, "value_unparseable"), (3, "value_missing")]


def test_of_equal_rows_the_one_known_first_is_kept() -> None:
    chunk = raw(["2024-01-01"] * 2, ["1", "1"]).assign(available_at=["2024-01-05", "2024-01-03"])
    settings = pipeline(source={"columns": {"available_at": "known"}})
    assert screened(chunk, settings).good["available_at"].astype(str).tolist() == ["2024-01-03"]


# --- when a row could be known


def test_a_row_is_known_after_the_delay() -> None:
    found = screened(raw(["2024-01-01"]), pipeline(delay=3600.0))
    assert found.good["available_at"].astype(str).tolist() == ["2024-01-01 01:00:00"]


def test_a_mapped_availability_is_a_moment() -> None:
    chunk = raw(days(3)).assign(available_at=["2024-01-02T12:00+02:00", "", "soon"])
    found = screened(chunk, pipeline(delay=60.0, source={"columns": {"available_at": "known"}}))
    assert found.good["available_at"].astype(str).tolist() == ["2024-01-02 10:00:00", "2024-01-02 00:01:00"]
    assert failed(found) == [(3, "availability_unparseable")]
    assert "known 'soon'" in found.bad["reason"].iloc[0]


# --- time zones


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


# --- odd series and whole columns


@pytest.mark.parametrize(
    "y",
    [["7"], ["7"] * 30, ["0"] * 30, [str(-number) for number in range(30)]],
    ids=["one", "constant", "zero", "falling"],
)
def test_odd_series_are_good(y: list[str]) -> None:
    found = screened(raw(days(len(y)), y))
    assert len(found.good) == len(y)


def test_rows_out_of_order_are_good() -> None:
    assert len(screened(raw(days(30)[::-1])).good) == 30


def test_a_series_without_any_value_is_all_bad() -> None:
    found = screened(raw(days(5), [""] * 5))
    assert len(found.good) == 0
    assert set(found.bad["failed_check"]) == {"value_missing"}


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


def test_ten_percent_garbage_leave_the_rest() -> None:
    ds, y = days(100), [str(number) for number in range(100)]
    for number in range(0, 100, 20):
        ds[number], y[number + 1] = "garbage", "garbage"
    found = screened(raw(ds, y))
    assert (len(found.good), len(found.bad)) == (90, 10)


def test_series_without_a_good_value_are_known_by_name() -> None:
    chunk = raw(["2024-01-01", "2024-01-02", "x", "2024-01-03"], ["", "1", "1", "1"], ["a", " b ", "c", ""])
    assert sorted(screened(chunk).series) == ["a", "b"]


def test_an_empty_chunk_is_nothing() -> None:
    found = screened(raw(days(1)).iloc[:0])
    assert (found.rows, len(found.good), len(found.bad)) == (0, 0, 0)


def test_a_date_is_available_from_its_midnight_in_the_pipelines_zone() -> None:
    found = screened(raw(days(1)), pipeline(timezone="Australia/Melbourne", delay=86_400.0))
    assert found.good["ds"].astype(str).tolist() == ["2024-01-01"]
    assert found.good["available_at"].astype(str).tolist() == ["2024-01-01 13:00:00"]
