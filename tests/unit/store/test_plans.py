"""The readers' queries find their rows by an index, on both databases, without a look at all of a large table.

SQLite's plan does not depend on the rows. PostgreSQL is told to avoid sequential scans: one that is left has no index.
"""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from tsflow.frequency import Frequency
from tsflow.store import models, runs
from tsflow.store.leases import Fence
from tsflow.store.panels import read_panel
from tsflow.store.series import sizes

_ONE = "pipeline = 'sales' AND unique_id = 'store-1'"
_LARGE = ("forecasts", "observations", "forecast_origins", "forecast_scores", "scores", "observation_revisions")

START = datetime(2024, 1, 1, tzinfo=UTC)
QUERIES = {
    "latest, one series": f"SELECT * FROM latest_forecasts WHERE {_ONE}",
    "latest, all series": "SELECT * FROM latest_forecasts WHERE pipeline = 'sales'",
    "history, one series": f"SELECT * FROM forecast_history WHERE {_ONE} AND issued_at >= '2024-07-01 00:00:00'",
    "accuracy, one series": f"SELECT * FROM forecast_accuracy WHERE {_ONE} AND issued_at >= '2024-07-01 00:00:00'",
    "health": "SELECT * FROM pipeline_health",
    "accuracy by lead": "SELECT * FROM accuracy_by_lead WHERE pipeline = 'sales'",
    "one series' observations": "SELECT ds, y FROM observations WHERE series_id = 1",
    "one run's forecasts": "SELECT * FROM forecasts WHERE run_id = 1 AND series_id = 1",
}


@pytest.mark.parametrize("name", QUERIES)
def test_no_query_of_a_reader_scans_a_large_table(engine: Engine, name: str) -> None:
    plan = _plan(engine, QUERIES[name])
    scanned = [table for table in _LARGE if _scans(engine, plan, table)]
    assert scanned == [], plan


def test_a_scan_would_be_noticed(engine: Engine) -> None:
    plan = _plan(engine, "SELECT * FROM observations WHERE y > 1")
    assert _scans(engine, plan, "observations")


def test_the_scores_of_a_model_recorded_again_are_found_by_their_key(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "retrain", START, now=START)
    training = models.Training(architecture="gru", role="candidate")
    models.record(engine, fence, run.id, training)
    executed: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *a: executed.append((a[2], a[3])), named=False)
    models.record(engine, fence, run.id, training)
    ((query, parameters),) = [one for one in executed if one[0].startswith("DELETE FROM scores")]
    plan = _plan(engine, query, parameters)
    assert not _scans(engine, plan, "scores"), plan


def test_some_series_are_found_by_their_ids_and_not_among_the_names_of_all(engine: Engine) -> None:
    executed: list[tuple[str, Any]] = []
    event.listen(engine, "before_cursor_execute", lambda *a: executed.append((a[2], a[3])), named=False)
    sizes(engine, "sales", (5, 7))
    read_panel(engine, "sales", Frequency.parse("D"), series_ids=[7, 5])
    found = [one for one in executed if "FROM series" in one[0] and "LIMIT" not in one[0]]
    assert len(found) == 2
    for query, parameters in found:
        plan = _plan(engine, query, parameters)
        assert re.search(r"USING INTEGER PRIMARY KEY|pk_series", plan), plan


def _plan(engine: Engine, query: str, parameters: Any = None) -> str:
    lite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if not lite:
            connection.execute(text("SET enable_seqscan = off"))
        rows = connection.exec_driver_sql(f"EXPLAIN {'QUERY PLAN ' if lite else ''}{query}", parameters).all()
    return "\n".join(str(row[-1]) for row in rows)


def _scans(engine: Engine, plan: str, table: str) -> bool:
    if engine.dialect.name == "postgresql":
        return re.search(rf"Seq Scan on {table}(_default|_\d+)?\b", plan) is not None
    alias = {"forecasts": "f", "observations": "a", "forecast_origins": "o", "forecast_scores": "c"}.get(table, table)
    return re.search(rf"^SCAN ({alias}|{table})\b", plan, flags=re.MULTILINE) is not None
