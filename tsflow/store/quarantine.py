"""Quarantine: the rows that were refused, with the reason, until they are mended or gone."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, bindparam, or_, text, update

from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import quarantine
from tsflow.store.types import Timestamp

_ROWS_PER_STATEMENT = 10_000  # as one JSON document: 10 times as fast as a statement a row
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


def resolve(connection: Connection, pipeline: str, source: str, *, run_id: int, now: datetime) -> int:
    """Resolve the rows that this ingest did not meet again, in the transaction that merges it.

    A source is read whole, so every such row is mended or gone.

    Args:
        connection: That of the merge, after it.
        pipeline: Name of the pipeline.
        source: Where the rows came from.
        run_id: This ingest.
        now: Its moment, as in `record`.

    Returns:
        The number of rows resolved.
    """
    unmet = (
        (quarantine.c.pipeline == pipeline)
        & (quarantine.c.source == source)
        & quarantine.c.resolved_at.is_(None)
        & or_(quarantine.c.run_id != run_id, quarantine.c.last_seen < now)
    )
    return connection.execute(update(quarantine).values(resolved_at=now).where(unmet)).rowcount


def _documents(rows: pd.DataFrame) -> Iterator[str]:
    """The rows as JSON arrays of arrays, some thousand in each."""
    columns = [[_storable(cell) for cell in rows[name]] for name in rows]
    for start in range(0, len(rows), _ROWS_PER_STATEMENT):
        yield json.dumps(list(zip(*(part[start : start + _ROWS_PER_STATEMENT] for part in columns), strict=True)))


def _storable(cell: Any) -> Any:
    """A cell as every database takes it: no NUL (PostgreSQL refuses it), no lone surrogate (both do)."""
    if isinstance(cell, str):
        return cell.replace("\0", "\ufffd").encode("utf-8", "replace").decode()
    return None if pd.isna(cell) else cell
