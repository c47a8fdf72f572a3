"""PostgreSQL's ranges: made ahead of need, never without a place for a row; SQLite has none and needs none."""

import logging
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine, Table, text

from tsflow.store import partitions, readers, runs
from tsflow.store.engine import connect, reading, writing
from tsflow.store.schema import forecasts, observations

Forecast = Callable[..., runs.Run]


@pytest.fixture
def postgresql(postgresql_database_url: str) -> Iterator[Engine]:
    """A migrated PostgreSQL database."""
    engine = connect(postgresql_database_url)
    yield engine
    engine.dispose()


def test_rows_go_to_the_range_that_was_made_for_them(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    partitions.make_room(engine, forecasts, 1)
    forecast(0, series_ids)
    with reading(engine) as connection:
        made = partitions.ranges(connection, forecasts)
        assert [(one.first, one.end) for one in made] == ([(0, 1000)] if engine.dialect.name == "postgresql" else [])
    assert len(readers.latest_forecasts(engine)) == 9


def test_a_row_without_a_range_waits_in_the_default_and_moves_when_its_range_is_made(
    engine: Engine, forecast: Forecast, series_ids: list[int]
) -> None:
    forecast(0, series_ids)
    before = readers.latest_forecasts(engine)
    partitions.make_room(engine, forecasts, 1)
    assert readers.latest_forecasts(engine).equals(before)
    if engine.dialect.name == "postgresql":
        assert _count(engine, "forecasts_default") == 0
        assert _count(engine, "forecasts_0") == 9


def test_ranges_follow_each_other_and_widen_while_rows_are_few(postgresql: Engine) -> None:
    partitions.make_room(postgresql, forecasts, 2_500)
    partitions.make_room(postgresql, forecasts, 2_500)
    assert _bounds(postgresql, forecasts) == [(0, 1_000), (1_000, 11_000)]


def test_a_range_is_as_wide_as_its_rows_allow(postgresql: Engine) -> None:
    partitions.make_room(postgresql, observations, 12_000, rows_per_id=2_000)
    assert _bounds(postgresql, observations) == [(0, 5_000), (5_000, 10_000), (10_000, 15_000)]


def test_a_lock_that_is_held_costs_no_row(
    postgresql: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(partitions, "_WAIT", "SET LOCAL lock_timeout = '10ms'")
    with reading(postgresql) as reader:
        reader.execute(text("SELECT count(*) FROM forecasts"))
        with caplog.at_level(logging.WARNING):
            partitions.make_room(postgresql, forecasts, 1)
    assert "its rows wait in the default" in caplog.text
    assert _bounds(postgresql, forecasts) == []
    partitions.make_room(postgresql, forecasts, 1)
    assert _bounds(postgresql, forecasts) == [(0, 1_000)]


def test_a_range_is_dropped_whole(postgresql: Engine) -> None:
    partitions.make_room(postgresql, forecasts, 1_500)
    with writing(postgresql) as connection:
        connection.execute(
            text("INSERT INTO forecasts SELECT r, 1, now(), 1, 0, 0, 0, 0, 0 FROM unnest('{1,1001}'::int[]) r")
        )
        first = partitions.ranges(connection, forecasts)[0]
        partitions.drop(connection, forecasts, first)
    assert _bounds(postgresql, forecasts) == [(1_000, 11_000)]
    assert _count(postgresql, "forecasts") == 1


def _bounds(engine: Engine, table: Table) -> list[tuple[int, int]]:
    with reading(engine) as connection:
        return [(one.first, one.end) for one in partitions.ranges(connection, table)]


def _count(engine: Engine, name: str) -> int:
    with reading(engine) as connection:
        return int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())
