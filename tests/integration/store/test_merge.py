"""Staging and merging observations, on both databases."""

import subprocess
import sys
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, func, select, text

from tests.integration.store.ingesting import DAILY, NOW, Pipeline, clean, days_after
from tsflow.errors import DataError, LeaseLost
from tsflow.frequency import Frequency
from tsflow.store import leases
from tsflow.store.engine import reading, writing
from tsflow.store.schema import observation_revisions, observations, series
from tsflow.store.staging import Staging

ROWS = [
    ("b", "2024-01-02", 2.0),
    ("a", "2024-01-01", 1.0),
    ("b", "2024-01-01", 3.0),
    ("a", "2024-01-03", 4.0),
]
STORED = {(name, ds): y for name, ds, y in ROWS}


def _dump(engine: Engine) -> list[list[tuple[object, ...]]]:
    with reading(engine) as connection:
        tables = (series, observations, observation_revisions)
        return [[tuple(row) for row in connection.execute(select(t).order_by(*t.primary_key))] for t in tables]


def test_first_ingest_creates_series_and_observations(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    counts = pipeline.ingest(clean(ROWS))
    assert (counts.new, counts.changed, counts.same, counts.series_new) == (4, 0, 0, 2)
    assert counts.recorded_at == NOW
    assert pipeline.values() == STORED


def test_ingesting_the_same_rows_again_changes_no_row(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean(ROWS))
    before = _dump(engine)
    counts = pipeline.ingest(clean(reversed(ROWS)), at=days_after(1))
    assert (counts.new, counts.changed, counts.same, counts.series_new) == (0, 0, 4, 0)
    assert _dump(engine) == before


def test_a_changed_value_replaces_the_old_one_which_becomes_a_revision(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean(ROWS))
    counts = pipeline.ingest(clean([*ROWS[1:], ("b", "2024-01-02", 9.0)]), at=days_after(1))
    assert (counts.new, counts.changed, counts.same) == (0, 1, 3)
    assert pipeline.values() == STORED | {("b", "2024-01-02"): 9.0}
    with reading(engine) as connection:
        revision = connection.execute(select(observation_revisions)).one()
    assert (revision.y, revision.recorded_at, revision.replaced_at) == (2.0, NOW, days_after(1))


def test_series_know_their_first_and_last_observation_and_their_number(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean(ROWS))
    pipeline.ingest(clean([("a", "2023-12-31", 0.0), ("a", "2024-01-01", 1.5), ("c", "2024-02-01", 5.0)]))
    with reading(engine) as connection:
        found = connection.execute(select(series).order_by(series.c.unique_id)).all()
    shown = [(r.unique_id, r.frequency, f"{r.first_ds:%F}", f"{r.last_ds:%F}", r.observations) for r in found]
    assert shown == [
        ("a", "D", "2023-12-31", "2024-01-03", 3),
        ("b", "D", "2024-01-01", "2024-01-02", 2),
        ("c", "D", "2024-02-01", "2024-02-01", 1),
    ]


@pytest.mark.parametrize("chunked", [False, True])
def test_a_row_staged_twice_is_one_row_available_at_the_earlier_time(engine: Engine, chunked: bool) -> None:
    pipeline = Pipeline(engine)
    chunks = [clean(ROWS, delay="3D"), clean(ROWS[:2], delay="1D")]
    counts = pipeline.ingest(*(chunks if chunked else [pd.concat(chunks)]))
    assert counts.new == 4
    with reading(engine) as connection:
        lag = [row.available_at - row.ds for row in connection.execute(select(observations))]
    assert sorted(lag) == [timedelta(days=1)] * 2 + [timedelta(days=3)] * 2


@pytest.mark.parametrize("known", [False, True], ids=["new series", "known series"])
def test_rows_in_conflict_are_handed_out_and_not_merged(engine: Engine, known: bool) -> None:
    pipeline = Pipeline(engine)
    if known:
        pipeline.ingest(clean([("a", "2020-01-01", 0.0), ("b", "2020-01-01", 0.0)]))
    with pipeline.staging() as staging:
        staging.add(clean(ROWS))
        staging.add(clean([("b", "2024-01-02", 2.5), ("b", "2024-01-01", 3.0)]))
        staging.add(clean([("b", "2024-01-02", 2.0), ("b", "2024-01-02", 2.75)]))
        conflicts = staging.take_conflicts()
        with staging.fenced():
            counts = staging.merge(pipeline.run_id, days_after(1))
    expected = clean([("b", "2024-01-02", y) for y in (2.0, 2.5, 2.75)])
    pd.testing.assert_frame_equal(conflicts, expected, check_dtype=False)
    assert conflicts["ds"].dtype == np.dtype("M8[us]")
    assert counts.new == 3
    assert {key: y for key, y in pipeline.values().items() if key[1] > "2024"} == {
        key: y for key, y in STORED.items() if key != ("b", "2024-01-02")
    }


def test_conflicts_that_were_not_taken_stop_the_merge(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    with pipeline.staging() as staging:
        staging.add(clean(ROWS))
        staging.add(clean([("b", "2024-01-02", 2.5)]))
        with pytest.raises(DataError, match="take_conflicts"), staging.fenced():
            staging.merge(pipeline.run_id, NOW)
    assert _dump(engine) == [[], [], []]


def test_an_ingest_of_nothing_is_no_error(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    counts = pipeline.ingest(clean([]))
    assert (counts.new, counts.changed, counts.same, counts.series_new) == (0, 0, 0, 0)
    assert pipeline.values() == {}


def test_a_run_that_lost_its_lease_writes_nothing(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean(ROWS))
    before = _dump(engine)
    with pipeline.staging() as staging:
        staging.add(clean([("a", "2024-01-01", 7.0), ("z", "2024-01-01", 7.0)]))
        leases.acquire(engine, "demo", leases.LIVE, "test", 600)
        with pytest.raises(LeaseLost), staging.fenced():
            staging.merge(pipeline.run_id, days_after(1))
    assert _dump(engine) == before


def test_what_fails_beside_the_merge_undoes_it_and_the_merge_can_be_tried_again(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    with pipeline.staging() as staging:
        staging.add(clean(ROWS))
        with pytest.raises(ZeroDivisionError), staging.fenced():
            assert staging.merge(pipeline.run_id, NOW).new / 0
        assert _dump(engine) == [[], [], []]
        with staging.fenced() as connection:
            staging.merge(pipeline.run_id, NOW)
            assert connection.scalar(select(func.count()).select_from(observations)) == 4
    assert pipeline.values() == STORED


def test_staging_holds_no_lock(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    with pipeline.staging() as staging:
        staging.add(clean(ROWS))
        with writing(engine) as connection:
            leases.check(connection, pipeline.fence)
            connection.execute(
                text(
                    "INSERT INTO series (pipeline, unique_id, frequency, created_at) "
                    "SELECT 'other', 'x', 'D', expires_at FROM leases"
                )
            )
        with staging.fenced():
            staging.merge(pipeline.run_id, NOW)
    assert pipeline.values() == STORED


_KILLED = """
import datetime, os, signal
from tests.integration.store.ingesting import Pipeline, clean
from tsflow.store.engine import connect
pipeline = Pipeline(connect({url!r}))
with pipeline.staging() as staging:
    staging.add(clean({rows!r}))
    with staging.fenced():
        if {merged}:
            staging.merge(pipeline.run_id, {now!r})
        os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("merged", [False, True], ids=["before the merge", "before the commit"])
def test_a_run_killed_leaves_nothing_and_the_next_one_finishes(
    engine: Engine, database_url: str, request: pytest.FixtureRequest, merged: bool
) -> None:
    code = _KILLED.format(url=database_url, rows=ROWS, now=NOW, merged=merged)
    root = request.config.rootpath
    killed = subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False)
    assert killed.returncode == -9, killed.stderr
    assert _dump(engine) == [[], [], []]
    pipeline = Pipeline(engine)
    assert pipeline.ingest(clean(ROWS)).new == 4
    assert pipeline.values() == STORED


def test_temporary_tables_do_not_outlive_their_staging(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    for _ in range(3):
        with Staging(engine, pipeline.fence, DAILY) as staging:
            staging.add(clean(ROWS))
    assert pipeline.ingest(clean(ROWS[:1])).new == 1


def test_a_clock_that_stands_still_or_goes_back_loses_no_revision(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    moments = [
        pipeline.ingest(clean([("a", "2024-01-01", 1.0 + i)]), at=at).recorded_at
        for i, at in enumerate([NOW, NOW, days_after(-1)])
    ]
    assert moments == [NOW, NOW + timedelta(microseconds=1), NOW + timedelta(microseconds=2)]
    assert [pipeline.values(as_of=at)["a", "2024-01-01"] for at in moments] == [1.0, 2.0, 3.0]


def test_any_text_names_a_series_and_any_date_of_the_range_is_kept(engine: Engine) -> None:
    names = ["Zürich", "東京", "🚲 'quoted\"", "a", "A", "", "ﬁ", "%s :x {y}"]
    days = ["1700-02-01", "1678-01-01", "1969-12-01", "2261-12-01"]
    rows = [(name, day, float(place)) for place, name in enumerate(names) for day in days]
    pipeline = Pipeline(engine, frequency=Frequency.parse("MS"))
    assert pipeline.ingest(clean(rows[::2]), clean(rows[1::2])).new == len(rows)
    assert pipeline.values() == {(name, day): y for name, day, y in rows}
