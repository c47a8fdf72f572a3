"""Quarantine: the rows that were refused, with the reason, until they are mended or gone."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, bindparam, or_, select, text, update

from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import quarantine
from tsflow.store.types import Timestamp

_ROWS_A_STATEMENT = 10_000  # as one JSON document: 10 times as fast as a statement a row
_TEXTS = ["unique_id", "ds", "raw", "failed_check", "reason", "fingerprint"]
_RENEWED = ["unique_id", "ds", "raw", "failed_check", "reason", "last_seen", "resolved_at", "run_id"]
_CELL = {"sqlite": "json_extract(value, '$[{0}]')", "postgresql": "(value ->> {0})"}
_ROWS = {
    "sqlite": "json_each(:rows)",
    "postgresql": "json_array_elements(CAST(:rows AS json)) AS listed (value)",
}
_KEEP = f"""
INSERT INTO quarantine ({", ".join(_TEXTS)}, pipeline, source, first_seen, last_seen, resolved_at, run_id)
SELECT {{cells}}, :pipeline, :source, :now, :now, NULL, :run_id FROM {{rows}} WHERE true
ON CONFLICT (pipeline, source, fingerprint) DO UPDATE SET
    {", ".join(f"{name} = excluded.{name}" for name in _RENEWED)}
"""
_STORED_SINCE = """
UPDATE quarantine SET resolved_at = :now WHERE pipeline = :pipeline AND source = :source AND fingerprint IN (
    SELECT q.fingerprint
    FROM (SELECT {fingerprint} AS fingerprint, {ds} AS ds FROM {rows}) c
    JOIN quarantine q ON q.pipeline = :pipeline AND q.source = :source AND q.fingerprint = c.fingerprint
    JOIN series s ON s.pipeline = :pipeline AND s.unique_id = q.unique_id
    JOIN observations o ON o.series_id = s.id AND o.ds = c.ds
    WHERE o.recorded_at > q.last_seen
)
"""


def record(engine: Engine, fence: Fence, run_id: int, source: str, rows: pd.DataFrame, *, now: datetime) -> int:
    """Keep refused rows, in a transaction of their own: whatever becomes of the ingest, they stay.

    A row that was met before keeps its ``first_seen``; one that had been resolved is open again.

    Args:
        engine: The database.
        fence: The right to write for the pipeline.
        run_id: The ingest that met them.
        source: Where they came from.
        rows: Columns unique_id and ds (text as it was read, or None), raw (JSON), failed_check, reason,
            fingerprint (the same for the same raw row).
        now: The moment of this ingest; later than that of any before it, by the wall clock.

    Returns:
        The number of distinct rows.

    Raises:
        LeaseLost: If another run took over.
    """
    distinct = rows[_TEXTS].drop_duplicates("fingerprint", keep="last")
    dialect = engine.dialect.name
    cells = ", ".join(_CELL[dialect].format(place) for place in range(len(_TEXTS)))
    statement = text(_KEEP.format(cells=cells, rows=_ROWS[dialect])).bindparams(bindparam("now", type_=Timestamp()))
    values = {"pipeline": fence.pipeline, "source": source, "now": now, "run_id": run_id}
    with fenced(engine, fence) as connection:
        for rows_json in _documents(distinct):
            connection.execute(statement, {**values, "rows": rows_json})
    return len(distinct)


def resolve(connection: Connection, pipeline: str, source: str, *, run_id: int, now: datetime, read_whole: bool) -> int:
    """Resolve the rows that this ingest did not meet again, in the transaction that merges it.

    Of a source that was read whole every such row is mended or gone. Of another only those whose (series,
    time) has been stored since; a time that was not written in ISO 8601 is not recognised.

    Args:
        connection: That of the merge, after it.
        pipeline: Name of the pipeline.
        source: Where the rows came from.
        run_id: This ingest.
        now: Its moment, as in `record`.
        read_whole: Whether all of the source was read.

    Returns:
        The number of rows resolved.
    """
    unmet = (
        (quarantine.c.pipeline == pipeline)
        & (quarantine.c.source == source)
        & quarantine.c.resolved_at.is_(None)
        & or_(quarantine.c.run_id != run_id, quarantine.c.last_seen < now)
    )
    resolved = update(quarantine).values(resolved_at=now)
    if read_whole:
        return connection.execute(resolved.where(unmet)).rowcount
    candidates = connection.execute(select(quarantine.c.fingerprint, quarantine.c.ds).where(unmet)).all()
    return _resolve_stored(connection, candidates, {"pipeline": pipeline, "source": source, "now": now})


def _resolve_stored(connection: Connection, candidates: Any, values: dict[str, Any]) -> int:
    found = pd.DataFrame(candidates, columns=["fingerprint", "ds"])
    found["ds"] = pd.to_datetime(found["ds"], format="ISO8601", utc=True, errors="coerce").dt.tz_localize(None)
    found = found.dropna()
    dialect = connection.dialect.name
    stamps = found["ds"].astype("M8[us]")
    found["ds"] = stamps.astype("int64") if dialect == "sqlite" else stamps.astype(str)
    kind = {"sqlite": "INTEGER", "postgresql": "TIMESTAMP"}[dialect]
    ds = f"CAST({_CELL[dialect].format(1)} AS {kind})"
    statement = _STORED_SINCE.format(fingerprint=_CELL[dialect].format(0), ds=ds, rows=_ROWS[dialect])
    bound = text(statement).bindparams(bindparam("now", type_=Timestamp()))
    return sum(connection.execute(bound, {**values, "rows": rows}).rowcount for rows in _documents(found))


def _documents(rows: pd.DataFrame) -> Iterator[str]:
    """The rows as JSON arrays of arrays, some thousand in each."""
    columns = [[_storable(cell) for cell in rows[name]] for name in rows]
    for start in range(0, len(rows), _ROWS_A_STATEMENT):
        yield json.dumps(list(zip(*(part[start : start + _ROWS_A_STATEMENT] for part in columns), strict=True)))


def _storable(cell: Any) -> Any:
    """A cell as every database takes it: no NUL (PostgreSQL refuses it), no lone surrogate (both do)."""
    if isinstance(cell, str):
        return cell.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return None if pd.isna(cell) else cell
