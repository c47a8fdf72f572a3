"""Partitions: PostgreSQL keeps `forecasts` and `observations` in ranges of their first key; SQLite has none.

A range is made before its first row comes; a row that comes earlier lies in the default partition, is found there
by every query, and moves when its range is made. Few and large, because each costs every query a little planning.
"""

import logging
import re
from dataclasses import dataclass

from sqlalchemy import Connection, Engine, Table, text

from tsflow.errors import DatabaseReadOnly, DatabaseUnavailable
from tsflow.store.engine import reading, writing

logger = logging.getLogger("tsflow")

AHEAD = 100
"""Ids by which a range is made ahead of need: as many tries before a row would go to the default."""

_ROWS = 10_000_000  # of a partition: about 1 GB, dropped in a fifth of a second
_FIRST_WIDTH = 1_000  # ids, while nothing is known of the rows of each
_MOST_GROWTH = 10  # of the width from one range to the next
_ROW_BYTES = 100  # of a row in the heap: 84 for observations, 108 for forecasts
_LOCK = 7_463_707  # any number: the advisory lock of those who make or drop ranges
_WAIT = "SET LOCAL lock_timeout = '2s'"  # a reader's open transaction must not hold up all others behind us

_BOUNDS = """
SELECT c.relname, pg_get_expr(c.relpartbound, c.oid), pg_relation_size(c.oid)
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
WHERE i.inhparent = to_regclass(:parent)
"""


@dataclass(frozen=True)
class Partition:
    """The rows whose first key is in [first, end)."""

    name: str
    first: int
    end: int
    size: int
    """Bytes of its heap."""


def make_room(engine: Engine, table: Table, upto: int, rows_per_id: float | None = None) -> None:
    """Make ranges until one holds the id ``upto``, and move there what the default partition holds for them.

    Where that fails (a lock, no right to make tables) it says so and leaves the rows to the default partition.

    Args:
        engine: The database; on SQLite nothing is done.
        table: A partitioned table.
        upto: The highest id that is to have a range.
        rows_per_id: Rows that each new id is expected to have; as in the newest range, if not given.
    """
    if engine.dialect.name == "sqlite":
        return
    with reading(engine) as connection:
        known = ranges(connection, table)
    if known and known[-1].end > upto:
        return
    try:
        with writing(engine) as connection:
            connection.execute(text(_WAIT))
            connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
            known = ranges(connection, table)
            while not known or known[-1].end <= upto:
                first = known[-1].end if known else 0
                known.append(_make(connection, table, first, first + _width(connection, table, known, rows_per_id)))
    except (DatabaseUnavailable, DatabaseReadOnly) as error:
        logger.warning("%s: no range up to id %d yet, its rows wait in the default: %s", table.name, upto, error)


def ranges(connection: Connection, table: Table) -> list[Partition]:
    """The ranges of a table, in order; none on SQLite."""
    if connection.dialect.name == "sqlite":
        return []
    found = []
    for name, bounds, size in connection.execute(text(_BOUNDS), {"parent": table.name}):
        limits = re.findall(r"\('(\d+)'\)", bounds)
        if len(limits) == 2:
            found.append(Partition(name, int(limits[0]), int(limits[1]), size))
    return sorted(found, key=lambda partition: partition.first)


def drop(connection: Connection, table: Table, partition: Partition) -> None:
    """Detach a range and drop it with all of its rows, in the caller's transaction.

    Raises:
        DatabaseUnavailable: If a reader's transaction stays open for two seconds; nothing is dropped.
    """
    connection.execute(text(_WAIT))
    connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    connection.execute(text(f"ALTER TABLE {table.name} DETACH PARTITION {partition.name}"))
    connection.execute(text(f"DROP TABLE {partition.name}"))


def _make(connection: Connection, table: Table, first: int, end: int) -> Partition:
    """A range as a table of its own, then attached: unlike PARTITION OF, that stops no query on the other ranges."""
    name, default = f"{table.name}_{first}", f"{table.name}_default"
    key = next(iter(table.primary_key)).name
    statements = (
        f"LOCK TABLE {default} IN ACCESS EXCLUSIVE MODE",
        f"CREATE TABLE {name} (LIKE {table.name} INCLUDING DEFAULTS INCLUDING INDEXES)",
        f"WITH moved AS (DELETE FROM {default} WHERE {key} >= {first} AND {key} < {end} RETURNING *) "
        f"INSERT INTO {name} SELECT * FROM moved",
        f"ALTER TABLE {table.name} ATTACH PARTITION {name} FOR VALUES FROM ({first}) TO ({end})",
    )
    for statement in statements:
        connection.execute(text(statement))
    return Partition(name, first, end, 0)


def _width(connection: Connection, table: Table, known: list[Partition], rows_per_id: float | None) -> int:
    """Ids of the next range, so that it comes to hold `_ROWS` rows."""
    if rows_per_id is not None:
        return max(AHEAD, round(_ROWS / rows_per_id))
    if not known:
        return _FIRST_WIDTH
    newest = known[-1]
    key = next(iter(table.primary_key)).name
    last: int | None = connection.execute(text(f"SELECT max({key}) FROM {newest.name}")).scalar()
    most = max(_FIRST_WIDTH, (newest.end - newest.first) * _MOST_GROWTH)
    if last is None:
        return most
    density = max(1.0, newest.size / _ROW_BYTES) / (last + 1 - newest.first)
    return min(max(AHEAD, round(_ROWS / density)), most)
