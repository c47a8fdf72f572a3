"""What holds for any rows: nothing is lost, and neither order nor chunks matter."""

from collections import Counter

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.quality.observations import NOW, pipeline, raw
from tsflow.quality import Screened, screen

SETTINGS = pipeline("h", source={"timezone": "Europe/Berlin"}, quality={"minimum": -10})
TIMES = st.one_of(
    st.sampled_from(
        [
            *("2024-01-01T00:00", "2024-01-01T01:00", "2024-01-01T01:00Z", "2024-01-01 00:00+01:00"),
            *("2024-03-31T02:00", "2023-10-29T02:00", "2024-01-01T00:30", "2099-01-01T00:00"),
            *("1677-01-01", "2262-05-01", "", "x", "2024"),
        ]
    ),
    st.none(),
)
VALUES = st.one_of(st.sampled_from(["1", "2", "1.0", "+1", "", "nan", "inf", "1e30", "-99", "x", "1,5"]), st.none())
NAMES = st.sampled_from(["a", "b", " a", "", None])
ROWS = st.lists(st.tuples(TIMES, VALUES, NAMES), max_size=25)


def chunk_of(rows: list[tuple[str | None, str | None, str | None]]) -> pd.DataFrame:
    ds, y, names = zip(*rows, strict=True) if rows else ((), (), ())
    return raw(pd.Series(ds, dtype=object), pd.Series(y, dtype=object), names)


def good_of(screened: Screened) -> Counter[tuple[object, ...]]:
    return Counter(screened.good[["unique_id", "ds", "y"]].itertuples(index=False, name=None))


def bad_of(screened: Screened) -> Counter[tuple[object, ...]]:
    return Counter(screened.bad[["fingerprint", "failed_check", "reason"]].itertuples(index=False, name=None))


@settings(max_examples=25)
@given(ROWS)
def test_every_row_is_good_or_bad_or_a_duplicate(
    rows: list[tuple[str | None, str | None, str | None]],
) -> None:
    found = screen(chunk_of(rows), SETTINGS, NOW)
    assert found.rows == len(rows) == len(found.good) + len(found.bad) + found.duplicates
    assert found.bad["row"].is_unique
    assert np.isfinite(found.good["y"]).all()
    assert not found.good.duplicated(["unique_id", "ds"]).any()
    assert found.bad[["raw", "failed_check", "reason", "fingerprint"]].notna().all(axis=None)


@settings(max_examples=25)
@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_does_not_matter(
    rows: list[tuple[str | None, str | None, str | None]], random: "np.random.Generator"
) -> None:
    moved = list(rows)
    random.shuffle(moved)
    one, other = screen(chunk_of(rows), SETTINGS, NOW), screen(chunk_of(moved), SETTINGS, NOW)
    assert good_of(one) == good_of(other)
    assert bad_of(one) == bad_of(other)
    assert one.duplicates == other.duplicates


@settings(max_examples=25)
@given(ROWS, st.integers(0, 25))
def test_where_chunks_end_does_not_matter_to_a_row(
    rows: list[tuple[str | None, str | None, str | None]], end: int
) -> None:
    unzoned = pipeline("h")
    whole = screen(chunk_of(rows), unzoned, NOW, mixed_zones=True)
    parts = [screen(chunk_of(part), unzoned, NOW, mixed_zones=True) for part in (rows[:end], rows[end:])]
    conflict = {key for key in bad_of(whole) if key[1] == "key_conflict"}
    split_bad = sum((bad_of(part) for part in parts), Counter())
    assert {key for key in bad_of(whole) if key not in conflict} == {
        key for key in split_bad if key[1] != "key_conflict"
    }
    split_good = set().union(*(good_of(part) for part in parts))
    assert set(good_of(whole)) <= split_good
