"""Reading the observations of a pipeline as a panel, as they are or as they were."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, select, text

from tsflow.frequency import Frequency, Times
from tsflow.panel import Panel
from tsflow.store.engine import reading
from tsflow.store.schema import series
from tsflow.store.series import check_grid, of_pipeline
from tsflow.store.types import MICROSECONDS_TO_2000, Timestamp

_ROW = np.dtype([("series_id", "i8"), ("ds", "i8"), ("y", "f8")])
_CURRENT = "SELECT o.series_id, o.ds, o.y FROM observations o WHERE {chosen} AND {past}"
# A version counts if it is within the limits; of those that are, the one recorded last.
_REPLACED = """
UNION ALL SELECT r.series_id, r.ds, r.y FROM observation_revisions r WHERE {chosen} AND {past}
AND NOT EXISTS (
    SELECT 1 FROM observations o WHERE o.series_id = r.series_id AND o.ds = r.ds AND {past_current}
) AND NOT EXISTS (
    SELECT 1 FROM observation_revisions l WHERE l.series_id = r.series_id AND l.ds = r.ds
    AND l.recorded_at > r.recorded_at AND {past_later}
)
"""
_CHOSEN = {
    "sqlite": "{0}.series_id IN (SELECT value FROM json_each(:ids))",
    "postgresql": "{0}.series_id = ANY(:ids)",
}

_Long = tuple[NDArray[np.int64], Times, NDArray[np.float64]]
"""Series id, timestamp and value of each observation, all of shape [R]."""


def read_panel(
    source: Engine | Connection,
    pipeline: str,
    frequency: Frequency,
    *,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    series_ids: Sequence[int] | NDArray[np.int64] | None = None,
) -> Panel:
    """The series of a pipeline, ordered by name (code points), in one snapshot; one may be empty.

    Args:
        source: An engine; or a connection, whose transaction is then the snapshot.
        pipeline: Name of the pipeline.
        frequency: The grid of its series.
        as_of: What had been recorded here by then: series, and the values current at that moment.
        known_at: Only values that could be known by then; where a value was corrected later, the one before.
        series_ids: Only these series.

    Raises:
        ConfigError: If they are stored on another grid.
        StoreError: One of its kinds, where the database refuses.
    """
    if isinstance(source, Engine):
        with reading(source) as connection:
            return read_panel(connection, pipeline, frequency, as_of=as_of, known_at=known_at, series_ids=series_ids)
    check_grid(source, pipeline, frequency)
    between = None if series_ids is None else (int(min(series_ids, default=0)), int(max(series_ids, default=0)))
    wanted = select(series.c.unique_id, series.c.id).where(of_pipeline(pipeline, between))
    if as_of is not None:
        wanted = wanted.where(series.c.created_at <= as_of)
    found = dict(source.execute(wanted).tuples().all())
    chosen = None if series_ids is None else set(map(int, series_ids))
    names = sorted(name for name, number in found.items() if chosen is None or number in chosen)
    ids = np.array([found[name] for name in names], dtype=np.int64)
    counts, ds, y = _ordered(ids, *_observations(source, ids, as_of, known_at))
    return Panel.from_observations(frequency, names, counts, ds, y, series_ids=ids)


def panel_digest(panel: Panel) -> str:
    """SHA-256 (hex) of names, timestamps and values; the same on every database, as ids are left out."""
    return combined_digest(panel.frequency, series_digests(panel))


def series_digests(panel: Panel) -> list[bytes]:
    """SHA-256 of each series' name, timestamps and values."""
    first, values, observed = panel.first.astype("<i8"), panel.values.astype("<f4"), panel.observed.astype("u1")
    digests = []
    for index, (start, end) in enumerate(pairwise(panel.offsets.tolist())):
        digest = hashlib.sha256(json.dumps(panel.unique_ids[index]).encode())
        for part in (first[index : index + 1], values[start:end], observed[start:end]):
            digest.update(part.tobytes())
        digests.append(digest.digest())
    return digests


def combined_digest(frequency: Frequency, digests: Iterable[bytes]) -> str:
    """SHA-256 (hex) of series in any order, so that it does not matter in which parts they were read."""
    return hashlib.sha256(b"".join([str(frequency).encode(), *sorted(digests)])).hexdigest()


def _observations(
    connection: Connection, ids: NDArray[np.int64], as_of: datetime | None, known_at: datetime | None
) -> _Long:
    """The observations of some series, in any order."""
    chosen = _CHOSEN[connection.dialect.name]

    def past(table: str) -> str:
        limits = (f"{table}.recorded_at <= :as_of", as_of), (f"{table}.available_at <= :known_at", known_at)
        return " AND ".join(limit for limit, moment in limits if moment is not None) or "1 = 1"

    query = _CURRENT.format(chosen=chosen.format("o"), past=past("o"))
    if as_of is not None or known_at is not None:
        query += _REPLACED.format(
            chosen=chosen.format("r"), past=past("r"), past_current=past("o"), past_later=past("l")
        )
    moments = {"as_of": as_of, "known_at": known_at}
    values = {
        name: Timestamp().process_bind_param(moment, connection.dialect)
        for name, moment in moments.items()
        if moment is not None
    }
    read = _read_sqlite if connection.dialect.name == "sqlite" else _read_postgresql
    return read(connection, query, ids, values)


def _read_sqlite(connection: Connection, query: str, ids: NDArray[np.int64], values: dict[str, Any]) -> _Long:
    driver: Any = connection.connection.driver_connection
    rows = np.fromiter(driver.execute(query, {"ids": json.dumps(ids.tolist()), **values}), _ROW)
    return rows["series_id"], rows["ds"].astype("M8[us]"), rows["y"]


def _read_postgresql(connection: Connection, query: str, ids: NDArray[np.int64], values: dict[str, Any]) -> _Long:
    """One row per series, its arrays straight from the wire: seven times as fast as a row per observation."""
    from psycopg.adapt import Buffer, Loader
    from psycopg.pq import Format

    class Binary(Loader):
        format = Format.BINARY

        def load(self, data: Buffer) -> bytes:
            return bytes(data)

    grouped = f"SELECT series_id, array_agg(ds), array_agg(y) FROM ({query}) v GROUP BY series_id"
    statement = str(text(grouped).compile(dialect=connection.dialect))
    driver: Any = connection.connection.driver_connection
    with driver.cursor(binary=True) as cursor:
        for kind in ("timestamp", "float8"):
            cursor.adapters.register_loader(cursor.adapters.types[kind].array_oid, Binary)
        rows = cursor.execute(statement, {"ids": ids.tolist(), **values}).fetchall()
    ds = [_elements(row[1], ">i8") for row in rows]
    stamps = np.concatenate([np.empty(0, np.int64), *ds]) + MICROSECONDS_TO_2000
    y = np.concatenate([np.empty(0, np.float64), *(_elements(row[2], ">f8") for row in rows)])
    numbers = np.array([row[0] for row in rows], dtype=np.int64)
    return np.repeat(numbers, [len(part) for part in ds]), stamps.astype("M8[us]"), y


def _elements(array: bytes, form: str) -> NDArray[Any]:
    """The elements of a binary array, one-dimensional, no NULLs: 20 bytes, then size and bytes of each."""
    return np.frombuffer(array, dtype=[("size", ">i4"), ("value", form)], offset=20)["value"]


def _ordered(ids: NDArray[np.int64], numbers: NDArray[np.int64], ds: Times, y: NDArray[np.float64]) -> _Long:
    """Observations of each series [S]; timestamps and values [R] in the order of ``ids``, then of time."""
    by_number = np.argsort(ids)
    places = by_number[np.searchsorted(ids, numbers, sorter=by_number)]
    order = np.lexsort((ds, places))
    return np.bincount(places, minlength=len(ids)), ds[order], y[order]
