"""The dashboard's pages and queries on 1,000 series with 30 issues, the search over 10,000 names.

    python benchmarks/dashboard.py FOLDER [--browser]

FOLDER gets a SQLite database that two slots of a daily pipeline have filled; 28 older issues are copies of the first of
them, and 9,000 series are names without data. A second call measures the database that is there. CPU seconds; with
--browser seconds in Chromium, which has kept nothing, from the call of an address to what the page is opened for.
"""

import argparse
import os
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
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
CHARTS = {"series": 1, "accuracy": 3, "models": 2}
FIRST = "[data-testid=stMetric], [data-testid=stDataFrame], [data-testid=stMarkdown]"
SIGHT = dict.fromkeys(CHARTS, ".js-plotly-plot .main-svg")
PAGES = ("overview", "series", "accuracy", "models", "quarantine", "runs")
BARE = "import streamlit as st, plotly.graph_objects as go\nst.plotly_chart(go.Figure(go.Scatter(y=[1, 2, 3])))"
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
    spent = time.process_time() - begun
    assert not app.exception
    assert not app.error
    assert len(app.get("plotly_chart")) == CHARTS.get(name, 0)
    return spent


def measure(url: str) -> None:
    """Print each page with nothing kept and with everything kept, then each query."""
    import streamlit

    os.environ["TSFLOW_DATABASE"] = url
    page("series")  # which imports everything
    for name in PAGES:
        streamlit.cache_data.clear()
        print(f"{name:12} first {page(name):.2f} s, again {page(name):.2f} s", flush=True)
    print(f"series, a search: {page('series', search='77'):.2f} s")
    engine = connect(url)
    queries = (browse.find_series, "77"), (browse.count_series, "77"), (browse.accuracy,)
    for query, *arguments in (*queries, *((browse.ranked, by) for by in ("uncertain", "changed", "wrong"))):
        begun = time.process_time()
        query(engine, "small", *arguments)
        print(f"{query.__name__}{tuple(arguments)}: {time.process_time() - begun:.3f} s", flush=True)


def browse_pages(url: str, port: int = 8599) -> None:
    """Print for each page the first of five visits, each with an empty cache of the browser's, and their medians.

    The last line is the floor: a page of Streamlit's that holds nothing but a line of Plotly's.
    """
    from playwright.sync_api import sync_playwright

    environment = {**os.environ, "TSFLOW_DATABASE": url}
    ours = [sys.executable, "-c", "from tsflow.cli import main; main()", "dashboard", "--config", "none.yaml", "--port"]
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        with _served([*ours, str(port)], port, environment) as address:
            for name in PAGES:
                _visits(browser, name, f"{address}/{'' if name == 'overview' else name}", SIGHT.get(name, FIRST))
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE, "utf-8")
        streamlit = [sys.executable, "-m", "streamlit", "run", str(bare), "--server.headless=true", "--server.port"]
        with _served([*streamlit, str(port)], port, environment) as address:
            _visits(browser, "bare Plotly", address, SIGHT["series"])
        browser.close()


@contextmanager
def _served(command: list[str], port: int, environment: dict[str, str]) -> Iterator[str]:
    """The address of a server that answers."""
    server = subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        address = f"http://127.0.0.1:{port}"
        while not _answers(f"{address}/_stcore/health"):
            time.sleep(0.2)
        yield address
    finally:
        server.terminate()
        server.wait()


def _visits(browser: Any, name: str, address: str, sight: str) -> None:
    visits = [_visit(browser, address, sight) for _ in range(5)]
    seconds, of_page = (statistics.median(values) for values in zip(*visits, strict=True))
    print(f"{name:12} first {visits[0][0]:.2f} s, median {seconds:.2f} s, CPU of the page {of_page:.2f} s")


def _answers(url: str) -> bool:
    try:
        return httpx.get(url).is_success
    except httpx.TransportError:
        return False


def _visit(browser: Any, address: str, sight: str) -> tuple[float, float]:
    """Seconds until the sight is there: by the clock, and of CPU of the page's main thread."""
    context = browser.new_context()
    page = context.new_page()
    inspector = context.new_cdp_session(page)
    inspector.send("Performance.enable", {"timeDomain": "threadTicks"})
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.locator(sight).first.wait_for(timeout=60_000)
    seconds = time.perf_counter() - begun
    metrics = {one["name"]: one["value"] for one in inspector.send("Performance.getMetrics")["metrics"]}
    context.close()
    return seconds, metrics["TaskDuration"]


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--browser", action="store_true", help="visit the pages with Playwright and Chromium")
    arguments = parser.parse_args()
    folder = arguments.folder.resolve()
    file = folder / "tsflow.db"
    if not file.exists():
        folder.mkdir(parents=True, exist_ok=True)
        fill(folder, f"sqlite:///{file}")
        multiply(file)
    (browse_pages if arguments.browser else measure)(f"sqlite:///{file}")
