"""Reading panels, as they are and as they were, on both databases."""

import uuid
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select

from tests.integration.store.ingesting import DAILY, NOW, Pipeline, clean, days_after
from tsflow.frequency import Frequency
from tsflow.panel import Panel
from tsflow.store.engine import reading
from tsflow.store.panels import panel_digest, read_panel
from tsflow.store.schema import series

DAYS = [f"2024-01-0{day}" for day in range(1, 5)]
INGESTS = st.lists(
    st.dictionaries(
        st.tuples(st.sampled_from(["a", "b"]), st.sampled_from(DAYS)),
        st.tuples(st.integers(0, 2), st.integers(0, 3)),  # value, days until it is available
        max_size=5,
    ),
    min_size=1,
    max_size=5,
)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ingests=INGESTS)
def test_any_past_state_and_any_past_knowledge_can_be_read(
    engine: Engine, ingests: list[dict[tuple[str, str], tuple[int, int]]]
) -> None:
    pipeline = Pipeline(engine, name=uuid.uuid4().hex)
    versions: dict[tuple[str, str], list[tuple[datetime, datetime, float]]] = {}
    moments = []
    for number, ingest in enumerate(ingests):
        moments.append(days_after(number))
        frames = []
        for (name, day), (y, delay) in ingest.items():
            frames.append(clean([(name, day, y)], delay=f"{delay}D"))
            known = versions.setdefault((name, day), [])
            if not known or known[-1][2] != y:
                available = datetime.fromisoformat(f"{day}T00:00+00:00") + timedelta(days=delay)
                if known and available <= known[-1][1]:  # a correction that does not say when it could be known
                    available = moments[-1]
                known.append((moments[-1], available, y))
        pipeline.ingest(*frames, at=moments[-1])

    def expected(as_of: datetime, known_at: datetime) -> dict[tuple[str, str], float]:
        found = {
            key: [y for recorded, available, y in known if recorded <= as_of and available <= known_at]
            for key, known in versions.items()
        }
        return {key: values[-1] for key, values in found.items() if values}

    always = datetime.fromisoformat("2100-01-01T00:00+00:00")
    assert pipeline.values() == expected(always, always)
    for moment in moments:
        assert pipeline.values(as_of=moment) == expected(moment, always)
    before = moments[-1] - timedelta(microseconds=1)
    assert pipeline.values(as_of=before) == expected(before, always)
    for day in DAYS:
        known_at = datetime.fromisoformat(f"{day}T00:00+00:00")
        assert pipeline.values(known_at=known_at) == expected(always, known_at)
        assert pipeline.values(as_of=moments[0], known_at=known_at) == expected(moments[0], known_at)


def test_a_value_corrected_later_was_known_as_it_was_before(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean([("a", "2024-01-01", 1.0)], delay="1D"))
    pipeline.ingest(clean([("a", "2024-01-01", 2.0)], delay="9D"), at=days_after(1))
    known = [
        pipeline.values(known_at=datetime.fromisoformat(f"2024-01-{day}T00:00+00:00"))
        for day in ("01", "02", "09", "10")
    ]
    assert [list(values.values()) for values in known] == [[], [1.0], [1.0], [2.0]]


def test_a_correction_that_does_not_say_so_was_not_known_before_it_came(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean([("a", "2024-01-01", 1.0)]))
    pipeline.ingest(clean([("a", "2024-01-01", 2.0)]), at=days_after(1))
    assert list(pipeline.values(known_at=days_after(0)).values()) == [1.0]
    assert list(pipeline.values(known_at=days_after(1)).values()) == [2.0]


def test_series_are_ordered_by_code_points_and_may_be_empty(engine: Engine) -> None:
    names = ["b", "Z", "é", "a", "🚲", "ﬁ", "B"]
    pipeline = Pipeline(engine)
    pipeline.ingest(clean([(name, "2024-01-01", 1.0) for name in names]))
    with pipeline.staging() as staging:
        staging.add(clean([("c", "2024-01-01", y) for y in (1.0, 2.0)]))
        staging.take_conflicts()
        with staging.fenced():
            staging.merge(pipeline.run_id, days_after(1))
    panel = read_panel(engine, "demo", DAILY)
    assert list(panel.unique_ids) == sorted([*names, "c"])
    assert dict(zip(panel.unique_ids, panel.lengths, strict=True)) == dict.fromkeys(names, 1) | {"c": 0}
    assert "c" not in read_panel(engine, "demo", DAILY, as_of=NOW).unique_ids


def test_gaps_are_masked_and_values_are_in_the_order_of_time(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    for day, y in (("05", 5.0), ("02", 2.0), ("03", 3.0)):
        pipeline.ingest(clean([("a", f"2024-01-{day}", y)]))
    panel = read_panel(engine, "demo", DAILY)
    np.testing.assert_array_equal(panel.values, [2, 3, 0, 5])
    np.testing.assert_array_equal(panel.observed, [True, True, False, True])


def test_chosen_series_alone_are_read(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean([(name, "2024-01-01", 1.0) for name in "abc"]))
    Pipeline(engine, name="other").ingest(clean([("a", "2024-01-01", 9.0)]))
    with reading(engine) as connection:
        found = connection.execute(select(series.c.unique_id, series.c.id).filter_by(pipeline="demo"))
        ids = {row.unique_id: row.id for row in found}
        panel = read_panel(connection, "demo", DAILY, series_ids=[ids["c"], ids["a"]])
    assert (list(panel.unique_ids), panel.series_ids.tolist()) == (["a", "c"], [ids["a"], ids["c"]])
    assert list(read_panel(engine, "other", DAILY).values) == [9.0]
    assert len(read_panel(engine, "demo", DAILY, series_ids=[])) == 0


def test_a_panel_read_is_one_snapshot(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    pipeline.ingest(clean([("a", "2024-01-01", 1.0)]))
    with reading(engine) as connection:
        first = read_panel(connection, "demo", DAILY)
        pipeline.ingest(clean([("a", "2024-01-01", 2.0), ("b", "2024-01-01", 2.0)]))
        assert panel_digest(read_panel(connection, "demo", DAILY)) == panel_digest(first)
    assert list(read_panel(engine, "demo", DAILY).values) == [2.0, 2.0]


def test_the_digest_is_the_same_on_every_database(engine: Engine) -> None:
    rows = [("a", "2024-01-01", 1.0), ("b", "1969-12-31", 0.1), ("b", "2024-01-03", -3.0)]
    Pipeline(engine, name="earlier").ingest(clean(rows))  # so that the ids differ
    Pipeline(engine).ingest(clean(rows))
    panel = read_panel(engine, "demo", DAILY)
    assert panel_digest(panel) == panel_digest(Panel.from_frame(clean(rows), DAILY))


@pytest.mark.parametrize("change", [("a", "2024-01-02", 1.0), ("c", "2024-01-01", 1.0), ("a", "2024-01-01", 1.5)])
def test_the_digest_tells_panels_apart(change: tuple[str, str, float]) -> None:
    base = Panel.from_frame(clean([("a", "2024-01-01", 1.0)]), DAILY)
    assert panel_digest(base) != panel_digest(Panel.from_frame(clean([change]), DAILY))


def test_stamps_below_a_day_keep_their_microseconds_of_grid(engine: Engine) -> None:
    minutes = Frequency.parse("15min")
    pipeline = Pipeline(engine, frequency=minutes)
    pipeline.ingest(clean([("a", f"1969-12-31T23:{minute}", 1.0) for minute in ("15", "30", "45")]))
    panel = read_panel(engine, "demo", minutes)
    assert panel.timestamps().astype(str).tolist()[0] == "1969-12-31T23:15:00.000000"
    assert panel.observed.all()
