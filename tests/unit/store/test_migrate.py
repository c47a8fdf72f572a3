"""From nothing, step by step with rows in the tables; the result is that of a fresh schema."""

import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, Integer, insert, inspect, select, text

from tsflow.errors import SchemaOutdated, StoreError
from tsflow.store import migrate, readers, runs
from tsflow.store.engine import connect, reading, writing
from tsflow.store.schema import metadata, series
from tsflow.store.types import Flag, Json, Timestamp
from tsflow.store.views import create_views, views

START = datetime(2024, 1, 1, tzinfo=UTC)


def test_migrating_from_nothing_gives_a_fresh_schema(empty_engine: Engine) -> None:
    with empty_engine.connect() as connection:
        metadata.create_all(connection)
        create_views(connection)
        fresh = _described(connection)
        connection.rollback()
    migrate.upgrade(empty_engine)
    with reading(empty_engine) as connection:
        assert compare_metadata(_context(connection), metadata) == []
        assert _described(connection) == fresh


def test_every_step_keeps_the_rows_of_the_one_before(empty_engine: Engine) -> None:
    steps = [script.revision for script in ScriptDirectory(str(migrate.FOLDER)).walk_revisions()][::-1]
    counts: dict[str, int] = {}
    for number, step in enumerate(steps):
        migrate.upgrade(empty_engine, step)
        with writing(empty_engine) as connection:
            assert {name: _count(connection, name) for name in counts} == counts
            counts = _fill(connection, number)
    with reading(empty_engine) as connection:
        assert compare_metadata(_context(connection), metadata) == []
        assert set(inspect(connection).get_view_names()) == {view.name for view in views("sqlite")}


def test_a_table_that_views_read_and_others_refer_to_can_be_rebuilt_with_its_rows(
    engine: Engine,
    forecast: Callable[..., runs.Run],
    series_ids: list[int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    forecast(0, series_ids)
    before = readers.latest_forecasts(engine)
    block = 'op.batch_alter_table("series", table_kwargs={"sqlite_strict": True})'
    change = 'batch.alter_column("frequency", existing_type=sa.Text(), nullable=True)'
    _next_revision(tmp_path, monkeypatch, block, change)
    migrate.upgrade(engine)
    assert migrate.revision(engine) == "next"
    with reading(engine) as connection:
        nullable = {column["name"]: column["nullable"] for column in inspect(connection).get_columns("series")}
        assert nullable["frequency"]
        assert not nullable["unique_id"]
        assert connection.scalars(select(series.c.unique_id).order_by(series.c.id)).all() == ["a", "b", "c"]
    assert readers.latest_forecasts(engine).equals(before)


def test_a_step_that_fails_leaves_the_database_as_it_was(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _next_revision(
        tmp_path,
        monkeypatch,
        'op.batch_alter_table("series")',
        "batch.add_column(sa.Column('unit', sa.Text()))\n        1 / 0",
    )
    with reading(engine) as connection:
        before = _described(connection)
    with pytest.raises(ZeroDivisionError):
        migrate.upgrade(engine)
    assert migrate.revision(engine) == "0001"
    with reading(engine) as connection:
        assert _described(connection) == before


def test_upgrading_again_changes_nothing(engine: Engine) -> None:
    with reading(engine) as connection:
        before = _described(connection)
    migrate.upgrade(engine)
    with reading(engine) as connection:
        assert _described(connection) == before


def test_a_readers_own_view_is_left_alone(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("CREATE VIEW mine AS SELECT unique_id FROM series"))
    migrate.upgrade(engine)
    with reading(engine) as connection:
        assert "mine" in inspect(connection).get_view_names()


def test_a_readers_view_on_one_of_ours_is_named(postgresql_database_url: str) -> None:
    engine = connect(postgresql_database_url)
    with writing(engine) as connection:
        connection.execute(text("CREATE VIEW mine AS SELECT pipeline FROM champions"))
    with pytest.raises(StoreError, match="mine depends on view champions"):
        migrate.upgrade(engine)
    engine.dispose()


def test_an_older_database_asks_for_the_upgrade(empty_engine: Engine) -> None:
    with pytest.raises(SchemaOutdated, match="no tsflow tables; run `tsflow db upgrade`"):
        migrate.check(empty_engine)
    migrate.prepare(empty_engine)
    migrate.check(empty_engine)


def test_a_newer_database_asks_for_its_own_tsflow(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaOutdated, match="at revision 9999, not 0001; install the tsflow that made it"):
        migrate.prepare(engine)


def test_postgresql_shows_the_comments(postgresql_database_url: str) -> None:
    engine = connect(postgresql_database_url)
    with reading(engine) as connection:
        inspector = inspect(connection)
        for table in metadata.sorted_tables:
            assert inspector.get_table_comment(table.name)["text"] == table.comment
        comments = {column["name"]: column["comment"] for column in inspector.get_columns("latest_forecasts")}
        assert comments == {name: comment for name, (_, comment) in views("postgresql")[0].columns.items()}
    engine.dispose()


def _next_revision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str, change: str) -> None:
    """A later version of tsflow, with one revision more."""
    folder = tmp_path / "migrations"
    shutil.copytree(migrate.FOLDER, folder, ignore=shutil.ignore_patterns("__pycache__"))
    (folder / "versions" / "0002_next.py").write_text(
        "import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'next'\ndown_revision = '0001'\n\n\n"
        f"def upgrade() -> None:\n    with {block} as batch:\n        {change}\n"
    )
    monkeypatch.setattr(migrate, "FOLDER", folder)


def _context(connection: Connection) -> MigrationContext:
    def ours(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
        return kind != "table" or name != "alembic_version"

    return MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})


def _described(connection: Connection) -> dict[str, Any]:
    """Everything that reflection can say, types and comments included."""
    inspector = inspect(connection)
    tables = {name: _table(inspector, name) for name in inspector.get_table_names() if name != "alembic_version"}
    if connection.dialect.name == "sqlite":  # WITHOUT ROWID and STRICT are not reflected
        flags = connection.execute(text("SELECT name, wr, strict FROM pragma_table_list ORDER BY name")).all()
        tables["flags"] = [tuple(row) for row in flags if row.name in tables]
    return tables | {name: inspector.get_view_definition(name) for name in inspector.get_view_names()}


def _table(inspector: Any, name: str) -> Any:
    columns = [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)]
    by_name = {"key": lambda item: str(item["name"])}
    return (
        columns,
        inspector.get_pk_constraint(name),
        sorted(inspector.get_foreign_keys(name), **by_name),
        sorted(inspector.get_unique_constraints(name), **by_name),
        sorted(inspector.get_indexes(name), **by_name),
    )


def _fill(connection: Connection, number: int) -> dict[str, int]:
    """One row more in every table, as the database reflects it at this step."""
    there = set(inspect(connection).get_table_names())
    for table in (table for table in metadata.sorted_tables if table.name in there):
        known = {column["name"] for column in inspect(connection).get_columns(table.name)}
        row = {column.name: _value(column, number) for column in table.columns if column.name in known}
        connection.execute(insert(table).values(**row))
    return {name: _count(connection, name) for name in there - {"alembic_version"}}


def _value(column: Any, number: int) -> Any:
    if isinstance(column.type, Timestamp):
        return START
    if isinstance(column.type, Flag):
        return False
    if isinstance(column.type, Json):
        return {"number": number}
    if isinstance(column.type, Integer):
        return number + 1
    return f"{number}" if str(column.type) == "TEXT" else float(number)


def _count(connection: Connection, name: str) -> int:
    return int(connection.execute(text(f"SELECT count(*) FROM {name}")).scalar_one())
