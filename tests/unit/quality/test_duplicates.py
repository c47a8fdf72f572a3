"""Rows that say the same, or contradict each other."""

from tests.unit.quality.observations import pipeline, raw
from tests.unit.quality.screening import failed, screened


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
