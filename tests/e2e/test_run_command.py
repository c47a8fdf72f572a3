import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.projects import Small, seasonal
from tests.waiting import wait_for
from tsflow import steps
from tsflow.process import wall_clock

TINY = {"frequency": "D", "horizon": 3, "clock": "data", "architectures": ["rnn"],
        "training": {"min_steps": 1, "max_steps": 2, "batch_size": 4}, "alerts": {"bad_share": 0.01}}  # fmt: skip

# Prefect's temporary server, left in the middle of a request, at times logs an error through SQLAlchemy's pool.
CANCELLED_REQUEST = """\
import logging.config, sys
configure = logging.config.dictConfig
def configure_and_fail(config):
    configure(config)
    if "root" in config:
        logging.getLogger("sqlalchemy.pool").error("Exception terminating connection")
if "uvicorn" in sys.orig_argv:
    logging.config.dictConfig = configure_and_fail
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """`real` reads eight weeks and a bad row, `past` the same by the wall's clock, `lost` has no file."""
    rows = [f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{10 + day % 7}" for day in range(56)]
    (tmp_path / "days.csv").write_text("\n".join(["ds,y", *rows, "someday,5"]), "utf-8")
    pipelines = {
        name: {**TINY, "source": {"kind": "csv", "path": path}}
        for name, path in {"lost": "lost.csv", "real": "days.csv", "past": "days.csv"}.items()
    }
    pipelines["past"]["clock"] = "wall"
    file = tmp_path / "tsflow.yaml"
    file.write_text(json.dumps({"device": "cpu", "pipelines": pipelines}), "utf-8")
    (tmp_path / "sitecustomize.py").write_text(CANCELLED_REQUEST, "utf-8")
    return file


def run(config: Path | str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """The command in a process of its own."""
    return subprocess.run(
        [sys.executable, "-c", "from tsflow.cli import main; main()", "run", "--config", str(config)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def test_run_makes_forecasts_and_says_where_they_are(project: Path) -> None:
    folder = project.parent
    done = run(project, PREFECT_HOME=str(folder / "prefect"), PYTHONPATH=str(folder))
    assert done.returncode == 3, done.stderr
    assert "real: 3 forecasts of 1 series" in done.stdout
    assert f"plot: {folder / 'plots' / 'real.png'}" in done.stdout
    assert f"database: sqlite:///{folder / 'tsflow.db'}" in done.stdout
    assert (folder / "plots" / "real.png").stat().st_size > 0
    assert done.stderr.count(f"{folder / 'lost.csv'}: no such file") == 1
    assert "real: 57 rows read, 56 new, 0 changed, 0 same, 1 quarantined: " in done.stderr
    assert done.stderr.count("real: alert: quarantine: 1.8% of the rows were refused") == 1
    assert "past: 0 forecasts of 0 series" in done.stdout
    assert "past: all series have ended: the newest observation is of 2024-02-28 00:00, and a " in done.stderr
    assert "for data of the past it takes `clock: data`" in done.stderr
    assert "Traceback" not in done.stderr
    assert "terminating" not in done.stderr


@pytest.mark.usefixtures("prefect_server")
@pytest.mark.xdist_group("prefect")
def test_run_says_that_a_slot_is_done_and_that_settings_have_changed_since(tmp_path: Path, sqlite_url: str) -> None:
    from prefect.settings import PREFECT_API_URL

    small = Small(tmp_path, sqlite_url)
    small.configure(architectures=["stage"])
    small.write(seasonal())
    with (
        steps.hold_slot(small.config, "small", wall=wall_clock(), holder="interrupted") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.ingest(job)
    server = str(PREFECT_API_URL.value())
    first = run(small.config, PREFECT_API_URL=server)
    assert "small: 144 rows read, 144 new" in first.stderr
    assert "is done" not in first.stderr
    (forecast,) = small.rows("SELECT id FROM runs WHERE kind = 'forecast'")
    done = f"small: the slot of 2024-01-01 00:00 is done (forecast run {forecast['id']})"
    assert f"{done}: --force does it again" in run(small.config, PREFECT_API_URL=server).stderr
    small.configure(architectures=["rnn"])
    again = run(small.config, PREFECT_API_URL=server)
    assert f"{done}; the settings have changed since: --force does it again" in again.stderr
    assert again.returncode == 0
    assert "small: 12 forecasts of 2 series" in again.stdout


def test_an_interrupt_ends_a_run_in_the_middle_of_a_training(tmp_path: Path, sqlite_url: str) -> None:
    small = Small(tmp_path, sqlite_url)
    small.configure(architectures=["stage"], training={"min_steps": 10**7, "max_steps": 10**7, "search": False})
    small.write(seasonal())
    with subprocess.Popen(
        [sys.executable, "-c", "from tsflow.cli import main; main()", "run", "--config", small.config],
        env={**os.environ, "PREFECT_HOME": str(tmp_path / "prefect")},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as running:
        try:
            wait_for(lambda: bool(small.rows("SELECT id FROM runs WHERE kind = 'retrain'")), "the retrain")
            os.killpg(running.pid, signal.SIGINT)  # as a terminal does: Prefect's temporary server gets it, too
            _, told = running.communicate(timeout=120)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 130
    assert "interrupted: what is done is kept, and the next `tsflow run` goes on from there" in told
    assert "Traceback" not in told
    assert small.rows("SELECT holder FROM leases") == [{"holder": None}]
