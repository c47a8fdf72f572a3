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
    """Each value of each row, in every table, at every step; views read them all at the end."""
    steps = [script.revision for script in ScriptDirectory(str(migrate.FOLDER)).walk_revisions()][::-1]
    before: dict[str, list[str]] = {}
    for number, step in enumerate(steps):
        migrate.upgrade(empty_engine, step)
        with writing(empty_engine) as connection:
            for name, rows in before.items():
                assert _columns_kept(rows, _content(connection, name)), f"{step} changed the rows of {name}"
            _fill(connection, number)
            before = {name: _content(connection, name) for name in _ours(connection)}
    with reading(empty_engine) as connection:
        assert compare_metadata(_context(connection), metadata) == []
        assert set(inspect(connection).get_view_names()) == {view.name for view in views("sqlite")}


def test_a_database_with_rows_ends_with_a_fresh_schema(empty_engine: Engine) -> None:
    """From the first revision with rows, except for the partition that these rows lie in."""
    with empty_engine.connect() as connection:
        metadata.create_all(connection)
        create_views(connection)
        fresh = _described(connection)
        connection.rollback()
    migrate.upgrade(empty_engine, "0001")
    with writing(empty_engine) as connection:
        _fill(connection, 0)
    migrate.upgrade(empty_engine)
    with reading(empty_engine) as connection:
        found = _described(connection)
    for table in ("forecasts", "observations"):
        found.pop(f"{table}_0", None)
    assert found == fresh


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
    newest = migrate.revision(engine)
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
    assert migrate.revision(engine) == newest
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
    newest = migrate.revision(engine)
    with writing(engine) as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(SchemaOutdated, match=f"at revision 9999, not {newest}; install the tsflow that made it"):
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
    newest = ScriptDirectory(str(folder)).get_current_head()
    (folder / "versions" / "next.py").write_text(
        f"import sqlalchemy as sa\nfrom alembic import op\n\nrevision = 'next'\ndown_revision = '{newest}'\n\n\n"
        f"def upgrade() -> None:\n    with {block} as batch:\n        {change}\n"
    )
    monkeypatch.setattr(migrate, "FOLDER", folder)


def _context(connection: Connection) -> MigrationContext:
    known = _ours(connection)

    def ours(_object: Any, name: str | None, kind: str, *_: Any) -> bool:
        return kind != "table" or name in known

    return MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})


def _ours(connection: Connection) -> set[str]:
    """The tables there, partitions and Alembic's own left out."""
    there = set(inspect(connection).get_table_names()) - {"alembic_version"}
    if connection.dialect.name == "postgresql":
        there -= set(connection.scalars(text("SELECT relname FROM pg_class WHERE relispartition")))
    return there


def _described(connection: Connection) -> dict[str, Any]:
    """Everything that reflection can say, types and comments included."""
    inspector = inspect(connection)
    tables = {name: _table(inspector, name) for name in inspector.get_table_names() if name != "alembic_version"}
    if connection.dialect.name == "sqlite":  # WITHOUT ROWID and STRICT are not reflected
        flags = connection.execute(text("SELECT name, wr, strict FROM pragma_table_list ORDER BY name")).all()
        tables["flags"] = [tuple(row) for row in flags if row.name in tables]
    return tables | {name: inspector.get_view_definition(name) for name in inspector.get_view_names()}


def _table(inspector: Any, name: str) -> Any:
    by_name: dict[str, Any] = {"key": lambda item: str(item["name"])}
    columns = [{**column, "type": str(column["type"])} for column in inspector.get_columns(name)]
    return (
        sorted(columns, **by_name),  # a column that came later is the last one where it was added
        inspector.get_pk_constraint(name),
        sorted(inspector.get_foreign_keys(name), **by_name),
        sorted(inspector.get_unique_constraints(name), **by_name),
        sorted(inspector.get_indexes(name), **by_name),
    )


def _fill(connection: Connection, number: int) -> None:
    """One row more in every table, as the database reflects it at this step."""
    there = _ours(connection)
    for table in (table for table in metadata.sorted_tables if table.name in there):
        known = {column["name"] for column in inspect(connection).get_columns(table.name)}
        row = {column.name: _value(column, number) for column in table.columns if column.name in known}
        connection.execute(insert(table).values(**row))


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


def _content(connection: Connection, name: str) -> list[dict[str, Any]]:
    rows = [dict(row) for row in connection.execute(text(f"SELECT * FROM {name}")).mappings()]
    return sorted(rows, key=repr)


def _columns_kept(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> bool:
    """Whether every row is still there, each of its columns unchanged."""
    return before == sorted(({name: row[name] for name in before[0]} for row in after), key=repr)
