"""The way to the database: an engine for SQLite or PostgreSQL, its transactions, its errors in our words."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from tsflow.errors import (
    ConfigError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseRefused,
    DatabaseUnavailable,
    SchemaOutdated,
    StoreError,
)

_BUSY_SECONDS = 30  # a merge of 10M rows holds SQLite's only write lock for about 25 s
_CONNECT_SECONDS = 10
_POSTGRESQL = ("postgresql", "postgresql+psycopg", "postgres")


def connect(url: str) -> Engine:
    """The engine for a database URL; nothing is opened yet, except that SQLite's folder is made.

    SQLite: WAL, foreign keys, a busy timeout. PostgreSQL: the session's zone is UTC, a dead pooled connection
    is replaced. Write in `writing`, read in `reading`.

    Raises:
        ConfigError: If the URL is malformed, or of a database that is neither a SQLite file nor PostgreSQL.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # the latter for a port that is no number
        raise ConfigError("the database URL is malformed; expected sqlite:///file.db or postgresql://...") from None
    if parsed.get_backend_name() == "sqlite":
        return _sqlite(parsed)
    if parsed.drivername in _POSTGRESQL:
        return _postgresql(parsed.set(drivername="postgresql+psycopg"))
    raise ConfigError(f"no support for {parsed.drivername!r}; allowed: sqlite:///file.db, postgresql://...")


@contextmanager
def opened(url: str) -> Iterator[Engine]:
    """The engine for a database URL, as `connect` gives it, whose connections are closed at the end of the block."""
    engine = connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def writing(engine: Engine) -> Iterator[Connection]:
    """One write transaction: committed at the end, rolled back by any error. SQLite: ``BEGIN IMMEDIATE``.

    Raises:
        StoreError: One of its kinds, where the database refuses.
    """
    with translated(engine), engine.connect() as connection:
        connection.execution_options(tsflow_begin="BEGIN IMMEDIATE")
        with connection.begin():
            yield connection


@contextmanager
def reading(engine: Engine) -> Iterator[Connection]:
    """One snapshot: its queries see the same state, whatever others commit meanwhile; it holds up no writer.

    Raises:
        StoreError: One of its kinds, where the database refuses.
    """
    with translated(engine), engine.connect() as connection:
        if engine.dialect.name == "postgresql":
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            yield connection


@contextmanager
def translated(engine: Engine) -> Iterator[None]:
    """Turn the driver's errors into DatabaseUnavailable, ReadOnly, Full or SchemaOutdated; never a password.

    Anything else (a violated constraint, a syntax error) is a fault of ours and passes through as it is.
    """
    driver_error = engine.dialect.loaded_dbapi.Error
    try:
        yield
    except (DBAPIError, driver_error) as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        kind = _sqlite_kind(cause) if isinstance(cause, sqlite3.Error) else _postgresql_kind(cause)
        if kind is None:
            raise
        raise kind(f"{place(engine)}: {_words(cause)}; {_REMEDY[kind]}") from None


def place(engine: Engine) -> str:
    """Where the database is, without user or password: to be shown in messages."""
    url = engine.url
    if url.get_backend_name() == "sqlite":
        return f"SQLite {url.database}"
    return f"PostgreSQL {url.database} at {url.host or url.query.get('host', 'localhost')}:{url.port or 5432}"


def clock(connection: Connection) -> datetime:
    """Now, by the database's clock: what leases are measured with."""
    if connection.dialect.name == "sqlite":
        now = connection.scalar(text("SELECT strftime('%Y-%m-%d %H:%M:%f', 'now')"))
        return datetime.fromisoformat(str(now)).replace(tzinfo=UTC)
    moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    return moment.astimezone(UTC)


def _sqlite(url: URL) -> Engine:
    if not url.database or ":memory:" in url.database:
        raise ConfigError("SQLite in memory is not seen by other processes; use a file: sqlite:///tsflow.db")
    if not url.database.startswith("file:"):
        Path(url.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})

    @event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # the driver begins nothing by itself: `_begin` does
        if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")  # WAL stays consistent without a sync at every commit
        connection.execute("PRAGMA foreign_keys=ON")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("tsflow_begin", "BEGIN"))

    return engine


def _postgresql(url: URL) -> Engine:
    try:
        engine = create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": _CONNECT_SECONDS})
    except ModuleNotFoundError:
        raise ConfigError("PostgreSQL needs its driver: pip install 'tsflow[postgresql]'") from None

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: Any) -> None:
        connection.autocommit = True
        connection.execute("SET TIME ZONE 'UTC'")
        connection.autocommit = False

    return engine


_REMEDY: dict[type[StoreError], str] = {
    StoreError: "point `database` at a sound database, or restore it from a copy",
    DatabaseUnavailable: "see that it runs, is reachable and not locked; the same command may succeed a little later",
    DatabaseRefused: "correct user, password or name in `database` or TSFLOW_DATABASE",
    DatabaseReadOnly: "grant write permission, or point `database` at one that may be written to",
    DatabaseFull: "make room; the transaction was rolled back, so nothing is half-written",
    SchemaOutdated: "run `tsflow db upgrade`",
}
_SQLITE_KINDS: dict[int, type[StoreError]] = {
    sqlite3.SQLITE_BUSY: DatabaseUnavailable,
    sqlite3.SQLITE_LOCKED: DatabaseUnavailable,
    sqlite3.SQLITE_CANTOPEN: DatabaseUnavailable,
    sqlite3.SQLITE_READONLY: DatabaseReadOnly,
    sqlite3.SQLITE_FULL: DatabaseFull,
    sqlite3.SQLITE_NOTADB: StoreError,
    sqlite3.SQLITE_CORRUPT: StoreError,
}
_POSTGRESQL_KINDS: dict[str, type[StoreError]] = {  # by SQLSTATE, or its class
    "08": DatabaseUnavailable,  # connection
    "40": DatabaseUnavailable,  # deadlock, serialization
    "53100": DatabaseFull,
    "53": DatabaseUnavailable,  # too many connections, out of memory
    "55P03": DatabaseUnavailable,  # lock timeout
    "57P": DatabaseUnavailable,  # shutting down, starting up
    "25006": DatabaseReadOnly,
    "42501": DatabaseReadOnly,  # permission denied
    "42P01": SchemaOutdated,  # no such table
    "42703": SchemaOutdated,  # no such column
}


_REFUSALS = ("authentication failed", "no password supplied", "does not exist", "no pg_hba.conf entry", "not permitted")
"""Words of a PostgreSQL server that lets nobody in; one that speaks another language is taken to be out of reach."""


def _words(cause: BaseException | None) -> str:
    """What the driver says; of a failed connection only why, for `place` says where to."""
    words = str(cause).strip()
    if isinstance(cause, sqlite3.Error) or getattr(cause, "sqlstate", None) is not None:
        return words
    return words.partition("\n")[0].rpartition(" failed: ")[2].removeprefix("FATAL:").strip()


def _sqlite_kind(cause: sqlite3.Error) -> type[StoreError] | None:
    if str(cause).startswith(("no such table", "no such column")):
        return SchemaOutdated
    code = getattr(cause, "sqlite_errorcode", None)
    return None if code is None else _SQLITE_KINDS.get(code & 0xFF)


def _postgresql_kind(cause: BaseException | None) -> type[StoreError] | None:
    state = getattr(cause, "sqlstate", None)
    if state is None:  # libpq gives no SQLSTATE when it could not connect, or lost the connection
        if type(cause).__name__ != "OperationalError":
            return None
        return DatabaseRefused if any(words in str(cause) for words in _REFUSALS) else DatabaseUnavailable
    return next((kind for prefix, kind in _POSTGRESQL_KINDS.items() if state.startswith(prefix)), None)
