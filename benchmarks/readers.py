"""How fast readers get answers on ten million forecast rows: `python benchmarks/readers.py [--postgresql URL]`.

1,000 hourly series, 100 daily runs of 100 steps each, and what came true since. Each query is asked 20 times; its mean
CPU time, of client and server, and its least wall time are printed: on a machine that is busy only the first says
much. Without a URL an embedded PostgreSQL is started; the database that a URL names, on this machine, is filled, and
must be empty.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import psutil
from server import postgresql
from sqlalchemy import Engine, insert, text

from tsflow import config
from tsflow.store import bulk, leases, migrate, models, partitions, pipelines, readers, runs
from tsflow.store.engine import connect, writing
from tsflow.store.models import Training
from tsflow.store.schema import forecast_heads, forecast_origins, forecasts, observations, series

_FIRST = datetime(2024, 1, 1, tzinfo=UTC)
_STEP = np.timedelta64(3_600_000_000, "us")
_TIMES = 20
_PIPELINE = config.Pipeline.model_validate(
    {"source": {"kind": "csv", "path": "/a.csv"}, "frequency": "h", "horizon": 100, "timezone": "Europe/Berlin"}
)
_ONE = "pipeline = 'p' AND unique_id = 'series 0500'"


def main() -> None:
    """Fill both databases, ask, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1_000)
    parser.add_argument("--runs", type=int, default=100)
    parser.add_argument(
        "--postgresql", metavar="URL", help="an empty database on this machine; otherwise an embedded one"
    )
    options = parser.parse_args()
    print(
        f"{options.series * options.runs * 100:,} forecast rows; CPU milliseconds, mean of {_TIMES} (least wall time)"
    )
    with tempfile.TemporaryDirectory() as folder:
        measured = {"SQLite": _measure(f"sqlite:///{folder}/readers.db", options.series, options.runs)}
        with postgresql(options.postgresql, Path(folder)) as url:
            measured["PostgreSQL"] = _measure(url, options.series, options.runs)
    print("| query | rows | " + " | ".join(measured) + " |\n|---|---|---|---|")
    for label, (rows, _, _) in measured["SQLite"].items():
        cells = [f"{found[label][1]:,.1f} ({found[label][2]:,.1f})" for found in measured.values()]
        print(f"| {label} | {rows:,} | " + " | ".join(cells) + " |")


def _measure(url: str, count: int, run_count: int) -> dict[str, tuple[int, float, float]]:
    """Rows, CPU milliseconds and least wall milliseconds of each query."""
    engine = connect(url)
    migrate.upgrade(engine)
    _fill(engine, count, run_count)
    last = _FIRST + timedelta(days=run_count - 1)
    month = f"{last - timedelta(days=30):%Y-%m-%d %H:%M:%S}"
    then = last - timedelta(days=run_count / 2)

    def sql(query: str) -> Callable[[], int]:
        def ask() -> int:
            with engine.connect() as connection:
                return len(connection.execute(text(query)).all())

        return ask

    queries = {
        "latest, one series": sql(f"SELECT * FROM latest_forecasts WHERE {_ONE} ORDER BY ds"),
        "latest, all series": sql(
            "SELECT unique_id, ds, y_hat, lo_80, hi_80 FROM latest_forecasts WHERE pipeline = 'p'"
        ),
        "as of a moment, one series, SQL": sql(
            f"SELECT ds, y_hat FROM forecast_history WHERE {_ONE} AND run_id = (SELECT run_id FROM forecast_history "
            f"WHERE {_ONE} AND lead = 1 AND published_at <= '{then:%Y-%m-%d %H:%M:%S}' ORDER BY issued_at DESC LIMIT 1)"
        ),
        "as of a moment, one series, as a DataFrame": lambda: len(
            readers.latest_forecasts(engine, "p", ["series 0500"], as_of=then)
        ),
        "forecast against actual, 30 days, one series": sql(
            f"SELECT issued_at, lead, y, y_hat, error FROM forecast_accuracy WHERE {_ONE} AND issued_at >= '{month}'"
        ),
        "every issue of one step, one series": sql(
            f"SELECT issued_at, y_hat FROM forecast_history WHERE {_ONE} AND ds = '{last:%Y-%m-%d %H:%M:%S}'"
        ),
        "health of the pipeline": sql("SELECT * FROM pipeline_health"),
    }
    measured = {label: _timed(engine, ask) for label, ask in queries.items()}
    engine.dispose()
    return measured


def _timed(engine: Engine, ask: Callable[[], int]) -> tuple[int, float, float]:
    rows, least = ask(), float("inf")
    before = _cpu(engine)
    for _ in range(_TIMES):
        start = time.perf_counter()
        ask()
        least = min(least, 1000 * (time.perf_counter() - start))
    return rows, 1000 * (_cpu(engine) - before) / _TIMES, least


def _cpu(engine: Engine) -> float:
    """CPU seconds so far: this process's and, on PostgreSQL, those of the one that serves it."""
    used = time.process_time()
    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            served = psutil.Process(connection.scalar(text("SELECT pg_backend_pid()"))).cpu_times()
        used += served.user + served.system
    return used


def _fill(engine: Engine, count: int, run_count: int) -> None:
    fence = leases.acquire(engine, "p", leases.LIVE, "benchmark", 3600)
    pipelines.register(engine, fence, _PIPELINE, now=_FIRST, due_at=None)
    names = [{"pipeline": "p", "unique_id": f"series {number:04}", "frequency": "h"} for number in range(count)]
    with writing(engine) as connection:
        inserted = insert(series).returning(series.c.id, sort_by_parameter_order=True)
        rows = [row | {"created_at": _FIRST, "last_ds": _FIRST} for row in names]
        ids = np.array(connection.scalars(inserted, rows).all(), dtype=np.int64)
    steps = run_count * 24
    partitions.make_room(engine, observations, int(ids.max()), steps)
    start = np.datetime64(_FIRST.replace(tzinfo=None), "us")
    stamps = np.tile(start + np.arange(steps) * _STEP, count)
    random = np.random.default_rng(0)
    columns: dict[str, object] = {
        "series_id": np.repeat(ids, steps),
        "ds": stamps,
        "y": random.normal(size=len(stamps)),
    }
    with writing(engine) as connection:
        bulk.insert(
            connection,
            observations,
            len(stamps),
            columns | {"recorded_at": stamps, "available_at": stamps, "run_id": 1},
        )
    for number in range(run_count):
        _write_run(engine, fence, ids, _FIRST + timedelta(days=number), random)
    with engine.connect() as connection:
        connection.execution_options(isolation_level="AUTOCOMMIT").exec_driver_sql("ANALYZE")


def _write_run(
    engine: Engine, fence: leases.Fence, ids: np.ndarray, slot: datetime, random: np.random.Generator
) -> None:
    run = runs.begin(engine, fence, "forecast", slot, now=slot)
    model = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate"))
    partitions.make_room(engine, forecasts, run.id + partitions.AHEAD)
    first = np.datetime64(slot.replace(tzinfo=None), "us")
    y_hat = random.normal(size=len(ids) * 100)
    columns: dict[str, object] = {
        "run_id": run.id,
        "series_id": np.repeat(ids, 100),
        "ds": np.tile(first + np.arange(100) * _STEP, len(ids)),
        "lead": np.tile(np.arange(1, 101), len(ids)),
        "y_hat": y_hat,
    } | {name: y_hat + width for name, width in (("lo_80", -1.3), ("hi_80", 1.3), ("lo_95", -2.0), ("hi_95", 2.0))}
    origins = [
        {"run_id": run.id, "series_id": int(number), "cutoff": slot, "model_id": model.id, "source": "champion"}
        | {"reason": "gru", "scale": 1.0}
        for number in ids
    ]
    heads = [{"series_id": int(number), "run_id": run.id} for number in ids]
    with writing(engine) as connection:
        bulk.insert(connection, forecasts, len(y_hat), columns)
        connection.execute(insert(forecast_origins), origins)
        connection.execute(forecast_heads.delete())
        connection.execute(insert(forecast_heads), heads)
        runs.set_values(connection, run.id, status="succeeded", published_at=slot, finished_at=slot)


if __name__ == "__main__":
    main()
