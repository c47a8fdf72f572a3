"""The temporary tables of a staging: they belong to one connection and go with it."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Column, Connection, MetaData, Row, Table, Text, text

from tsflow.store.types import Id, Number, Timestamp

FIRST_NEW = 1 << 40
"""Codes from here on are of series that are still to be created; those below are series ids."""

STAGED = Table(
    "staged",
    MetaData(),
    Column("code", Id),
    Column("ds", Timestamp),
    Column("y", Number),
    Column("available_at", Timestamp),
    prefixes=["TEMPORARY"],
)
NEW_SERIES = Table(
    "new_series",
    MetaData(),
    Column("code", Id, primary_key=True, autoincrement=False),
    Column("unique_id", Text),
    Column("series_id", Id),
    prefixes=["TEMPORARY"],
)

_ROOM = {"sqlite": "PRAGMA cache_size=-65536", "postgresql": "SET work_mem = '128MB'"}
_IN_CONFLICT = "SELECT code, ds FROM staged GROUP BY code, ds HAVING min(y) <> max(y)"
_CONFLICTS = f"""
SELECT t.code, t.ds, t.y, min(t.available_at) AS available_at
FROM ({_IN_CONFLICT}) c JOIN staged t ON t.code = c.code AND t.ds = c.ds
GROUP BY t.code, t.ds, t.y
"""
_DISTINCT = (
    """
    CREATE TEMPORARY TABLE single AS
    SELECT code, ds, min(y) AS y, min(available_at) AS available_at FROM staged GROUP BY code, ds
    """,
    "DROP TABLE staged",
    "ALTER TABLE single RENAME TO staged",
)


def create(connection: Connection) -> None:
    """Make the tables, and room in memory for rows that come out of order."""
    connection.exec_driver_sql(_ROOM[connection.dialect.name])
    STAGED.create(connection)
    NEW_SERIES.create(connection)


def make_distinct(connection: Connection) -> tuple[Sequence[Row[Any]], int]:
    """Leave one row for each staged (code, ds), and none for those that have several values.

    Returns:
        The distinct rows of these (code, ds, y, available_at), and how many staged rows they were.
    """
    found = connection.execute(text(_CONFLICTS).columns(*STAGED.c)).all()
    removed = 0
    if found:
        removed = connection.exec_driver_sql(f"DELETE FROM staged WHERE (code, ds) IN ({_IN_CONFLICT})").rowcount
    for statement in _DISTINCT:
        connection.exec_driver_sql(statement)
    return found, removed
