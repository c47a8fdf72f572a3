import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

TINY = {"frequency": "D", "horizon": 3, "clock": "data", "architectures": ["rnn"],
        "training": {"min_steps": 1, "max_steps": 2, "batch_size": 4}}  # fmt: skip

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
    """Two pipelines: `real` reads eight weeks of days, `lost` has no file."""
    rows = [f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{10 + day % 7}" for day in range(56)]
    (tmp_path / "days.csv").write_text("\n".join(["ds,y", *rows]), "utf-8")
    pipelines = {
        name: {**TINY, "source": {"kind": "csv", "path": path}}
        for name, path in {"lost": "lost.csv", "real": "days.csv"}.items()
    }
    file = tmp_path / "tsflow.yaml"
    file.write_text(json.dumps({"device": "cpu", "pipelines": pipelines}), "utf-8")
    (tmp_path / "sitecustomize.py").write_text(CANCELLED_REQUEST, "utf-8")
    return file


def test_run_makes_forecasts_and_says_where_they_are(project: Path) -> None:
    folder = project.parent
    done = subprocess.run(
        [sys.executable, "-c", "from tsflow.cli import main; main()", "run", "--config", str(project)],
        env={**os.environ, "PREFECT_HOME": str(folder / "prefect"), "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 3, done.stderr
    assert "real: 3 forecasts of 1 series" in done.stdout
    assert f"plot: {folder / 'plots' / 'real.png'}" in done.stdout
    assert f"database: sqlite:///{folder / 'tsflow.db'}" in done.stdout
    assert (folder / "plots" / "real.png").stat().st_size > 0
    assert done.stderr.count(f"{folder / 'lost.csv'}: no such file") == 1
    assert "Traceback" not in done.stderr
    assert "terminating" not in done.stderr
