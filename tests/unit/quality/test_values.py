"""Values: what is a number, and within its range."""

import numpy as np
import pandas as pd
import pytest

from tests.unit.quality.observations import days, pipeline, raw
from tests.unit.quality.screening import failed, screened


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


def test_decimal_commas_are_a_setting() -> None:
    settings = pipeline(source={"separator": ";", "decimal": ","})
    found = screened(raw(days(4), ["1,5", "7", "1.234,5", "1.234"]), settings)
    assert found.good["y"].tolist() == [1.5, 7.0]
    assert failed(found) == [(3, "value_unparseable"), (4, "value_unparseable")]


def test_a_range_is_a_setting() -> None:
    found = screened(raw(days(4), ["-1", "0", "10", "11"]), pipeline(quality={"minimum": 0, "maximum": 10}))
    assert found.good["y"].tolist() == [0.0, 10.0]
    assert "outside [0, 10]" in found.bad["reason"].iloc[0]


def test_missing_values_may_count_as_gaps() -> None:
    settings = pipeline(quality={"missing": "gap"})
    found = screened(raw([*days(3), "x"], ["1", "", "NaN", ""]), settings)
    assert (len(found.good), found.missing) == (1, 2)
    assert failed(found) == [(4, "time_unparseable")]


@pytest.mark.parametrize(
    "y",
    [["7"], ["7"] * 30, ["0"] * 30, [str(-number) for number in range(30)]],
    ids=["one", "constant", "zero", "falling"],
)
def test_odd_series_are_good(y: list[str]) -> None:
    found = screened(raw(days(len(y)), y))
    assert len(found.good) == len(y)


def test_a_series_without_any_value_is_all_bad() -> None:
    found = screened(raw(days(5), [""] * 5))
    assert len(found.good) == 0
    assert set(found.bad["failed_check"]) == {"value_missing"}
