"""Bring a database to this version's schema: Alembic's revisions, then views and comments from code."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text
from sqlalchemy.schema import SetColumnComment, SetTableComment

from tsflow.errors import SchemaOutdated, StoreError
from tsflow.store.engine import place, reading, translated
from tsflow.store.schema import metadata
from tsflow.store.views import create_views, drop_views, rights

FOLDER = Path(__file__).parent / "migrations"
_LOCK = 7_463_706  # any number: the advisory lock of those who migrate


def upgrade(engine: Engine, revision: str = "head") -> None:
    """Bring tables and views to a revision, in one transaction: a failure leaves the database as it was.

    Views are dropped first and made again last: SQLite cannot rebuild a table that a view reads. Who could read
    them still can. Views and comments belong to the newest revision, so an older one has none.

    Raises:
        StoreError: If the database refuses, or its rows break a constraint of the new tables.
    """
    with _migrating(engine) as connection:
        granted = rights(connection)
        drop_views(connection)
        command.upgrade(_config(connection), revision)
        if _found(connection) == _newest():
            _comment(connection)
            create_views(connection)
            for grant in granted:
                connection.execute(text(grant))


def prepare(engine: Engine) -> None:
    """Make the tables of a database that has none of ours; check those of one that has.

    Raises:
        SchemaOutdated: If its tables are of another version: an existing database is upgraded on demand only.
    """
    if revision(engine) is None:
        upgrade(engine)
    check(engine)


def revision(engine: Engine) -> str | None:
    """The revision that the database is at; None if it has no tables of ours."""
    with reading(engine) as connection:
        return _found(connection)


def check(engine: Engine) -> None:
    """Return if the database is at this version's revision.

    Raises:
        SchemaOutdated: If it is not, with what is found and what is expected.
    """
    found, expected = revision(engine), _newest()
    if found != expected:
        state = "has no tsflow tables" if found is None else f"is at revision {found}, not {expected}"
        newer = found is not None and found not in {script.revision for script in _script().walk_revisions()}
        remedy = "install the tsflow that made it, or a newer one" if newer else "run `tsflow db upgrade`"
        raise SchemaOutdated(f"{place(engine)} {state}; {remedy}")


@contextmanager
def _migrating(engine: Engine) -> Iterator[Connection]:
    """A write transaction in which tables may be rebuilt, alone."""
    with translated(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            with connection.begin():
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
                yield connection
            return
        # A rebuilt table is dropped under its old name: SQLite would take that for deleting all its rows.
        driver = connection.connection.driver_connection
        assert driver is not None
        driver.execute("PRAGMA foreign_keys=OFF")
        connection.execution_options(tsflow_begin="BEGIN IMMEDIATE")
        try:
            with connection.begin():
                yield connection
                broken = connection.execute(text("PRAGMA foreign_key_check")).all()
                if broken:
                    raise StoreError(f"{place(engine)}: {len(broken)} rows refer to rows that do not exist")
        finally:
            driver.execute("PRAGMA foreign_keys=ON")


def _comment(connection: Connection) -> None:
    """Write the schema's comments into the database; SQLite has no place for them."""
    if connection.dialect.name == "sqlite":
        return
    for table in metadata.sorted_tables:
        connection.execute(SetTableComment(table))
        for column in table.columns:
            connection.execute(SetColumnComment(column))


def _found(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _newest() -> str:
    head = _script().get_current_head()
    assert head is not None
    return head


def _script() -> ScriptDirectory:
    return ScriptDirectory(str(FOLDER))


def _config(connection: Connection) -> Config:
    config = Config()  # made here, so that an installed wheel needs no alembic.ini
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
