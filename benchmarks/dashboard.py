"""The dashboard's pages and queries on 1,000 series with 30 issues, the search over 10,000 names.

    python benchmarks/dashboard.py FOLDER

FOLDER gets a SQLite database that two slots of a daily pipeline have filled; 28 older issues are copies of the first of
them, and 9,000 series are names without data. A second call measures the database that is there. CPU seconds.
"""

import argparse
import os
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from tsflow import steps
from tsflow.store import browse, migrate
from tsflow.store.engine import connect

WALL = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
PIPELINE = {
    "source": {"kind": "csv", "path": "data.csv"},
    "frequency": "D",
    "horizon": 14,
    "clock": "data",
    "architectures": ["stage"],
    "training": {"min_steps": 5, "max_steps": 5},
}
DAY = 86_400_000_000  # microseconds, in which SQLite holds times
PAGE = "from tsflow.dashboard.screens import {0}\nfrom tsflow.dashboard.shell import guarded\nguarded({0}.page)()"


def fill(folder: Path, url: str, series: int = 1_000, days: int = 200) -> None:
    """Two slots, the second when all of the first's forecasts came true."""
    migrate.upgrade(connect(url))
    config = folder / "tsflow.yaml"
    config.write_text(yaml.safe_dump({"database": url, "device": "cpu", "pipelines": {"small": PIPELINE}}))
    ds = pd.date_range("2024-01-01", periods=days)
    y = 100 + 10 * np.sin(2 * np.pi * np.arange(days) / 7) + np.random.default_rng(1).normal(0, 3, (series, days))
    names = np.repeat([f"store-{number:04d}" for number in range(series)], days)
    frame = pd.DataFrame({"unique_id": names, "ds": np.tile(ds, series), "y": y.ravel().round(3)})
    for last in ds[[-15, -1]]:
        frame[frame["ds"] <= last].to_csv(folder / "data.csv", index=False)
        with (
            steps.hold_slot(str(config), "small", wall=WALL, holder="benchmark") as ticket,
            steps.open_job(ticket) as job,
        ):
            steps.run_slot(job)


def multiply(file: Path) -> None:
    """28 copies of the first issue, a day apart, and 9,000 more names."""
    with sqlite3.connect(file) as database:
        first = "SELECT min(id) FROM runs WHERE kind = 'forecast' AND published_at IS NOT NULL"
        (run,) = database.execute(first).fetchone()

        def copy(table: str, where: str, **changed: str) -> None:
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            values = ", ".join(changed.get(column, column) for column in columns)
            database.execute(f"INSERT INTO {table} SELECT {values} FROM {table} WHERE {where}")

        for back in range(1, 29):
            new = str(10_000 + back)
            copy("runs", f"id = {run}", id=new, uuid="lower(hex(randomblob(16)))", slot=f"slot - {back * DAY}")
            copy("forecasts", f"run_id = {run}", run_id=new)
            copy("forecast_origins", f"run_id = {run}", run_id=new)
        for shop in range(1, 10):
            copy("series", "id < 100000", id=f"id + {100_000 * shop}", unique_id=f"'shop-{shop}-' || unique_id")
    database.close()


def page(name: str, **query: str) -> float:
    """CPU seconds of one run of a page's script."""
    from streamlit.testing.v1 import AppTest

    app = AppTest.from_string(PAGE.format(name), default_timeout=600)
    for key, value in query.items():
        app.query_params[key] = value
    begun = time.process_time()
    app.run()
    assert not app.exception
    assert not app.error
    return time.process_time() - begun


def measure(url: str) -> None:
    """Print each page with nothing kept and with everything kept, then each query."""
    import streamlit

    os.environ["TSFLOW_DATABASE"] = url
    page("series")  # which imports everything
    for name in ("overview", "series", "accuracy", "models", "quarantine", "runs"):
        streamlit.cache_data.clear()
        print(f"{name:12} first {page(name):.2f} s, again {page(name):.2f} s", flush=True)
    print(f"series, a search: {page('series', search='77'):.2f} s")
    engine = connect(url)
    queries = (browse.find_series, "77"), (browse.count_series, "77"), (browse.accuracy,)
    for query, *arguments in (*queries, *((browse.ranked, by) for by in ("uncertain", "changed", "wrong"))):
        begun = time.process_time()
        query(engine, "small", *arguments)
        print(f"{query.__name__}{tuple(arguments)}: {time.process_time() - begun:.3f} s", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder.resolve()
    file = folder / "tsflow.db"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fill(folder, f"sqlite:///{file}")
        multiply(file)
    measure(f"sqlite:///{file}")
