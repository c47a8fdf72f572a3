"""A forecast of the past is made again, whatever has happened since, on both databases."""

import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow import steps
from tsflow.cli import app


def reproduce(small: Small, run_id: int) -> Any:
    return CliRunner().invoke(app, ["reproduce", str(run_id), "--config", small.config])


def test_a_forecast_is_reproduced_after_ten_ingests_changed_its_data_and_a_setting_changed(small: Small) -> None:
    small.configure(architectures=["stage"])
    run_id = small.run()
    small.run(force=True)  # a later decision for the same slot
    for number in range(10):
        data = seasonal(("a", "b", "new"), months=72 + number % 2)
        data.loc[number::7, "y"] += 50.0 * (number + 1)
        small.write(data)
        with (
            steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
            steps.open_job(ticket) as job,
        ):
            steps.ingest(job)
    assert small.rows("SELECT count(*) AS n FROM observation_revisions")[0]["n"] > 100
    small.configure(architectures=["stage"], training=PIPELINE["training"] | {"seed": 7})
    told = reproduce(small, run_id)
    assert told.exit_code == 0, told.output
    assert "equal: 12 rows" in told.stdout
    assert "changed since: setting training.seed: 1 then, 7 now" in told.stderr
    for number, words in {run_id - 1: "kind retrain, published nothing", 999: "there is no run 999"}.items():
        refused = reproduce(small, number)
        assert refused.exit_code == 2
        assert words in refused.stderr


def test_seasonal_naive_that_forecast_is_reproduced_and_named_after_later_retrains(small: Small) -> None:
    small.write(seasonal(months=8))
    run_id = small.run()
    small.run(force=True)
    for command in ("rollback", "forecast"):
        done = CliRunner().invoke(app, [command, "small", "--config", small.config])
        assert done.exit_code == 0, done.output
    first, second = [row["model_id"] for row in small.rows("SELECT model_id FROM decisions ORDER BY id LIMIT 2")]
    named = [row["model_id"] for row in small.rows("SELECT model_id FROM forecast_origins ORDER BY run_id, series_id")]
    assert named == [first, first, second, second, first, first]
    told = reproduce(small, run_id)
    assert told.exit_code == 0, told.output
    assert "equal: 12 rows" in told.stdout


def test_a_series_too_short_for_the_champion_is_reproduced_after_a_later_retrain(small: Small) -> None:
    small.configure(architectures=["stage"])
    small.write(pd.concat([seasonal(), seasonal(("young",), months=3, start="2023-10-01")]))
    run_id = small.run()
    assert len(small.rows("SELECT * FROM forecast_origins WHERE source = 'baseline'")) == 1
    small.run(force=True)
    told = reproduce(small, run_id)
    assert told.exit_code == 0, told.output


class Quiet(SimpleHTTPRequestHandler):
    """Serves the files of a folder."""

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def address(small: Small) -> Iterator[str]:
    """Where the project's folder is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(small.folder))) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def test_a_pipeline_that_left_the_project_is_reproduced_though_its_address_is_masked(
    small: Small, address: str
) -> None:
    small.configure(architectures=["stage"], source={"kind": "http", "url": f"{address}/data.csv?token=s3cret"})
    run_id = small.run()
    small.configure_project(pipelines={"other": PIPELINE})
    told = reproduce(small, run_id)
    assert told.exit_code == 0, told.output
    assert "equal: 12 rows" in told.stdout
    assert "changed since: the project has no pipeline 'small' any more" in told.stderr


def test_a_missing_artifact_and_another_version_are_named(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.configure(architectures=["stage"])
    run_id = small.run()
    for row in small.rows("SELECT artifact_url FROM models WHERE artifact_url IS NOT NULL"):
        Path(row["artifact_url"]).unlink()
    monkeypatch.setattr("tsflow.steps.past.reproduce.__version__", "9.9")
    told = reproduce(small, run_id)
    assert told.exit_code == 1, told.output
    assert "differs: 2 series forecast by champion, stage, model" in told.stderr
    assert "could not be loaded" in told.stderr
    assert "changed since: version: 0.1.0 then, 9.9 now" in told.stderr


def test_data_that_are_gone_are_named(small: Small) -> None:
    small.configure(architectures=["stage"])
    run_id = small.run()
    small.execute("UPDATE observations SET y = y + 1 WHERE ds = (SELECT max(ds) FROM observations)")
    told = reproduce(small, run_id)
    assert told.exit_code == 1, told.output
    assert "differs: the data as of that run are not those that it read" in told.stderr
    assert "rows differ, most at 2024-" in told.stderr
