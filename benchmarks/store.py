"""How fast the store is, beside the raw driver: `python benchmarks/store.py [--rows N] [--postgresql URL]`.

Observations of 1,000 hourly series. "Raw" is the driver alone filling or reading the same table: no staging,
no comparison, no revisions, no series. Without a URL an embedded PostgreSQL is started; the database that a
URL names is filled, and must be empty.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from server import postgresql
from sqlalchemy import Engine

from tsflow.frequency import Frequency
from tsflow.store import bulk, leases, migrate, runs
from tsflow.store.engine import connect, reading, writing
from tsflow.store.merge import MergeCounts
from tsflow.store.panels import read_panel
from tsflow.store.schema import observations
from tsflow.store.staging import Staging

_CHUNK = 500_000  # the sources' default
_HOURLY = Frequency.parse("h")
_START = datetime(2024, 1, 1, tzinfo=UTC)


def main() -> None:
    """Measure both databases and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000, help="observations")
    parser.add_argument("--postgresql", metavar="URL", help="an empty database; an embedded one if not given")
    options = parser.parse_args()
    frame = _frame(options.rows)
    print(f"{len(frame):,} rows of {frame['unique_id'].nunique():,} series; thousand rows a second")
    with tempfile.TemporaryDirectory() as folder:
        measured = {"SQLite": _measure(f"sqlite:///{folder}/store.db", frame)}
        with postgresql(options.postgresql, Path(folder)) as url:
            measured["PostgreSQL"] = _measure(url, frame)
    print(f"{'':36}" + "".join(f"{name:>12}" for name in measured))
    for label in measured["SQLite"]:
        print(f"{label:36}" + "".join(f"{speeds[label] / 1e3:12,.0f}" for speeds in measured.values()))


def _measure(url: str, frame: pd.DataFrame) -> dict[str, float]:
    """Rows a second of each path."""
    engine = connect(url)
    migrate.upgrade(engine)
    speeds: dict[str, float] = {}

    def timed(label: str, call: Callable[[], object]) -> None:
        start = time.perf_counter()
        call()
        speeds[label] = len(frame) / (time.perf_counter() - start)

    codes = pd.factorize(frame["unique_id"])[0].astype(np.int64)
    timed("write: raw driver, key, no upsert", lambda: _write_raw(engine, frame, codes))
    timed("read:  raw driver, rows", lambda: _read_raw(engine))
    _drop_raw(engine)
    fence = leases.acquire(engine, "benchmark", leases.LIVE, "benchmark", 3600)
    run = runs.begin(engine, fence, "ingest", _START, now=_START).id
    shifted = frame.assign(y=frame["y"] + (np.arange(len(frame)) % 100 == 0))
    timed("ingest: first load", lambda: _check(_ingest(engine, fence, run, frame).new, len(frame)))
    timed("ingest: again, nothing changed", lambda: _check(_ingest(engine, fence, run, frame).same, len(frame)))
    timed("ingest: again, 1 % changed", lambda: _ingest(engine, fence, run, shifted))
    timed("read:  panel", lambda: read_panel(engine, "benchmark", _HOURLY))
    timed("read:  panel as of the first load", lambda: read_panel(engine, "benchmark", _HOURLY, as_of=_START))
    engine.dispose()
    return speeds


def _ingest(engine: Engine, fence: leases.Fence, run_id: int, frame: pd.DataFrame) -> MergeCounts:
    with Staging(engine, fence, _HOURLY) as staging:
        for start in range(0, len(frame), _CHUNK):
            staging.add(frame.iloc[start : start + _CHUNK])
        staging.take_conflicts()
        with staging.fenced():
            return staging.merge(run_id, _START)


def _write_raw(engine: Engine, frame: pd.DataFrame, codes: NDArray[np.int64]) -> None:
    ds = frame["ds"].to_numpy()
    columns: bulk.Columns = {
        "series_id": codes,
        "ds": ds,
        "y": frame["y"].to_numpy(),
        "recorded_at": ds,
        "available_at": ds,
        "run_id": 1,
    }
    with writing(engine) as connection:
        bulk.insert(connection, observations, len(frame), columns)


def _read_raw(engine: Engine) -> None:
    with reading(engine) as connection:
        driver: Any = connection.connection.driver_connection
        driver.execute("SELECT series_id, ds, y FROM observations").fetchall()


def _drop_raw(engine: Engine) -> None:
    with writing(engine) as connection:
        connection.exec_driver_sql(
            "DELETE FROM observations" if engine.dialect.name == "sqlite" else "TRUNCATE observations"
        )


def _check(found: int, wanted: int) -> None:
    if found != wanted:
        raise SystemExit(f"expected {wanted:,} rows, found {found:,}: the figures would be of something else")


def _frame(rows: int) -> pd.DataFrame:
    series, step = np.divmod(np.arange(rows), -(-rows // 1_000))
    names = np.array([f"series {number:04}" for number in range(1_000)], dtype=object)
    ds = np.datetime64("2000-01-01", "us") + step * np.timedelta64(3_600_000_000, "us")
    y = np.random.default_rng(0).normal(100, 10, rows)
    return pd.DataFrame({"unique_id": names[series], "ds": ds, "y": y, "available_at": ds})


if __name__ == "__main__":
    main()
