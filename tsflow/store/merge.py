"""The merge: what is staged becomes the series' values, and what it replaces becomes a revision.

The statements read three temporary tables: ``staged`` (one row per key) and ``new_series`` (see `temporary`),
and ``settled``, the staged rows of existing series that are new (``known`` 0) or changed (``known`` 1).

A correction whose ``available_at`` is no later than that of the value it replaces (``restated``) counts as known only
from when it was recorded: otherwise a replay would see it too early.

``CROSS JOIN`` makes SQLite take the small table first; to PostgreSQL it is any join.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, TextClause, bindparam, column, func, select, text

from tsflow.store.schema import runs
from tsflow.store.temporary import FIRST_NEW
from tsflow.store.types import Timestamp

_KEYS = f"SELECT count(*) FROM staged WHERE code < {FIRST_NEW}"
_SETTLE = f"""
CREATE TEMPORARY TABLE settled AS
SELECT t.code AS series_id, t.ds, t.y, t.available_at, CASE WHEN o.y IS NULL THEN 0 ELSE 1 END AS known,
    CASE WHEN t.available_at <= o.available_at THEN 1 ELSE 0 END AS restated
FROM staged t LEFT JOIN observations o ON o.series_id = t.code AND o.ds = t.ds
WHERE t.code < {FIRST_NEW} AND (o.y IS NULL OR o.y <> t.y)
"""
_NEWEST_REPLACED = """
SELECT max(o.recorded_at) AS moment FROM settled t CROSS JOIN observations o
WHERE t.known = 1 AND o.series_id = t.series_id AND o.ds = t.ds
"""
_REVISE = """
INSERT INTO observation_revisions (series_id, ds, replaced_at, y, recorded_at, available_at, run_id)
SELECT o.series_id, o.ds, :moment, o.y, o.recorded_at, o.available_at, o.run_id
FROM settled t CROSS JOIN observations o
WHERE t.known = 1 AND o.series_id = t.series_id AND o.ds = t.ds
"""
_COLUMNS = "INSERT INTO observations (series_id, ds, y, recorded_at, available_at, run_id)"
_CHANGE = f"""
{_COLUMNS}
SELECT series_id, ds, y, :moment,
    CASE WHEN restated = 1 AND available_at < :moment THEN :moment ELSE available_at END, :run_id
FROM settled WHERE known = 1
ON CONFLICT (series_id, ds) DO UPDATE SET
    y = excluded.y,
    recorded_at = excluded.recorded_at,
    available_at = excluded.available_at,
    run_id = excluded.run_id
"""
# Without ON CONFLICT: it makes PostgreSQL's insert three times as slow. No row of these is there yet.
_EXTEND = f"""
{_COLUMNS}
SELECT series_id, ds, y, :moment, available_at, :run_id FROM settled WHERE known = 0 ORDER BY series_id, ds
"""
_CREATE = """
INSERT INTO series (pipeline, unique_id, frequency, created_at)
SELECT :pipeline, unique_id, :frequency, :moment FROM new_series ORDER BY code
"""
_NUMBER = """
UPDATE new_series SET series_id = (
    SELECT s.id FROM series s WHERE s.pipeline = :pipeline AND s.unique_id = new_series.unique_id
)
"""
_FILL = f"""
{_COLUMNS}
SELECT n.series_id, t.ds, t.y, :moment, t.available_at, :run_id
FROM staged t CROSS JOIN new_series n WHERE t.code >= {FIRST_NEW} AND n.code = t.code
"""
_SUMMARISE = """
UPDATE series SET
    first_ds = CASE WHEN first_ds < d.earliest THEN first_ds ELSE d.earliest END,
    last_ds = CASE WHEN last_ds > d.latest THEN last_ds ELSE d.latest END,
    observations = observations + d.more
FROM (
    SELECT series_id, min(ds) AS earliest, max(ds) AS latest, count(*) AS more FROM {rows} GROUP BY series_id
) d
WHERE series.id = d.series_id
"""
_SUMMARISE_EXTENDED = _SUMMARISE.format(rows="settled WHERE known = 0")
_SUMMARISE_CREATED = _SUMMARISE.format(rows="observations WHERE series_id IN (SELECT series_id FROM new_series)")


@dataclass(frozen=True)
class MergeCounts:
    """What a merge did, in rows; one that the source says again counts once."""

    new: int
    changed: int
    same: int
    series_new: int
    recorded_at: datetime
    """The moment under which it is recorded: reading as of it sees all of the merge."""


def settle(connection: Connection) -> int:
    """Compare what is staged for existing series with what is stored, before the merge's transaction.

    Returns:
        The number of distinct (series, ds) compared.
    """
    connection.exec_driver_sql("DROP TABLE IF EXISTS settled")
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE staged")  # nothing else ever does, for a temporary table
    connection.exec_driver_sql(_SETTLE)
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("ANALYZE settled")
        connection.exec_driver_sql("ANALYZE new_series")
    return int(connection.exec_driver_sql(_KEYS).scalar_one())


def merge(
    connection: Connection,
    *,
    pipeline: str,
    frequency: str,
    run_id: int,
    recorded_at: datetime,
    keys: int,
) -> MergeCounts:
    """Write what is settled and the new series, in the caller's fenced transaction.

    All of it is recorded at one moment: ``recorded_at``, or, if the clock went back or stood still, a microsecond
    after the newest value that is replaced and after all that a run has read: so every value was current for some
    time, and what a run had read can be told from what came later.

    Args:
        connection: Staging's own, which sees its temporary tables.
        pipeline: Name of the pipeline.
        frequency: Grid of its series.
        run_id: The ingest.
        recorded_at: The moment of the merge.
        keys: Distinct (series, ds) among those of existing series.
    """
    moment = _moment(connection, pipeline, recorded_at)
    values = {"moment": moment, "run_id": run_id, "pipeline": pipeline, "frequency": frequency}

    def write(statement: str) -> int:
        return connection.execute(*_bound(statement, values)).rowcount

    write(_REVISE)
    changed = write(_CHANGE)
    extended = write(_EXTEND)
    write(_SUMMARISE_EXTENDED)
    series_new = write(_CREATE)
    filled = 0
    if series_new:
        write(_NUMBER)
        filled = write(_FILL)
        write(_SUMMARISE_CREATED)
    same = keys - changed - extended
    return MergeCounts(extended + filled, changed, same, series_new, moment)


def _moment(connection: Connection, pipeline: str, recorded_at: datetime) -> datetime:
    replaced = text(_NEWEST_REPLACED).columns(column("moment", Timestamp()))
    read = select(func.max(runs.c.data_as_of)).where(runs.c.pipeline == pipeline)
    before: list[datetime | None] = [connection.execute(query).scalar_one() for query in (replaced, read)]
    return max([recorded_at, *(moment + timedelta(microseconds=1) for moment in before if moment is not None)])


def _bound(statement: str, values: dict[str, object]) -> tuple[TextClause, dict[str, object]]:
    """The statement with the values it names, typed: SQLite stores a moment as a number."""
    used = {name: value for name, value in values.items() if f":{name}" in statement}
    bound = text(statement)
    if "moment" in used:
        bound = bound.bindparams(bindparam("moment", type_=Timestamp()))
    return bound, used
