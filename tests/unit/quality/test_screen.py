"""Every kind of bad row: what becomes of it, and what is said of it."""

import json

import pandas as pd

from tests.unit.quality.observations import days, raw
from tests.unit.quality.screening import failed, screened


def test_good_rows_come_out_typed() -> None:
    found = screened(raw(days(3), ["1", " 2.5 ", "-1e3"], ["a", " a ", "b"]))
    assert found.good["unique_id"].tolist() == ["a", "a", "b"]
    assert found.good["ds"].dtype == "datetime64[us]"
    assert found.good["y"].tolist() == [1, 2.5, -1000]
    assert found.good["available_at"].tolist() == found.good["ds"].tolist()
    assert (found.rows, len(found.bad), found.duplicates, found.missing) == (3, 0, 0, 0)


def test_a_row_is_filed_under_the_gravest_check_that_it_fails() -> None:
    found = screened(raw(["x", "2099-01-01", "2024-01-01"], ["", "abc", "1"], [None, "a", ""]))
    assert failed(found) == [(1, "series_unnamed"), (2, "time_in_future"), (3, "series_unnamed")]


def test_a_name_that_decoding_spoilt_is_quarantined_for_different_ones_look_the_same() -> None:
    found = screened(raw(days(3), ["1", "2", "3"], ["B\ufffdr", "b", "B\ufffdr"]))
    assert failed(found) == [(1, "series_garbled"), (3, "series_garbled")]
    assert "'B\ufffdr' has NUL or characters that decoding lost; set source.encoding" in found.bad["reason"].iloc[0]
    assert found.good["unique_id"].tolist() == ["b"]


def test_a_name_with_a_character_that_databases_refuse_is_quarantined() -> None:
    found = screened(raw(days(3), ["1", "2", "3"], ["a\0b", "b", "\0"]))
    assert failed(found) == [(1, "series_garbled"), (3, "series_garbled")]
    assert "the name 'a\\x00b' has NUL" in found.bad["reason"].iloc[0]
    assert found.good["unique_id"].tolist() == ["b"]


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


def test_rows_out_of_order_are_good() -> None:
    assert len(screened(raw(days(30)[::-1])).good) == 30


def test_ten_percent_garbage_leave_the_rest() -> None:
    ds, y = days(100), [str(number) for number in range(100)]
    for number in range(0, 100, 20):
        ds[number], y[number + 1] = "garbage", "garbage"
    found = screened(raw(ds, y))
    assert (len(found.good), len(found.bad)) == (90, 10)


def test_an_empty_chunk_is_nothing() -> None:
    found = screened(raw(days(1)).iloc[:0])
    assert (found.rows, len(found.good), len(found.bad)) == (0, 0, 0)
