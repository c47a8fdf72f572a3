import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tsflow.cli import app

Tsflow = Callable[..., Any]


@pytest.fixture
def real(tmp_path: Path) -> Path:
    """A project of two pipelines: `real` reads 60 days, one of them bad; `lost` has no file."""
    rows = [f"2024-{1 + day // 28:02d}-{1 + day % 28:02d},{10 + day % 7}" for day in range(56)]
    (tmp_path / "days.csv").write_text("\n".join(["ds,y", *rows, "someday,5"]), "utf-8")
    common = {
        "frequency": "D",
        "horizon": 3,
        "clock": "data",
        "architectures": ["rnn"],
        "training": {"min_steps": 1, "max_steps": 2, "batch_size": 4},
        "retrain": {"every_steps": 10},
    }
    pipelines = {
        "lost": {**common, "source": {"kind": "csv", "path": "lost.csv"}},
        "real": {**common, "source": {"kind": "csv", "path": "days.csv"}, "quality": {"max_bad_share": 0.5}},
    }
    file = tmp_path / "tsflow.yaml"
    file.write_text(json.dumps({"device": "cpu", "pipelines": pipelines}), "utf-8")
    return file


@pytest.fixture
def tsflow(real: Path) -> Tsflow:
    """Run a command on that project."""
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--config", str(real)])


def test_step_by_step_from_a_file_to_forecasts(tsflow: Tsflow) -> None:
    ingested = tsflow("ingest", "real")
    assert ingested.exit_code == 0, ingested.stderr
    assert "real: 57 rows read, 56 new, 0 changed, 0 same, 1 quarantined" in ingested.stderr
    retrained = tsflow("retrain", "real")
    assert retrained.exit_code == 0, retrained.stderr
    assert "real: promoted: " in retrained.stderr or "real: baseline: " in retrained.stderr
    again = tsflow("retrain", "real")
    assert "no retrain: the champion was decided on 0 steps ago" in again.stderr
    forecast = tsflow("forecast", "real")
    assert forecast.exit_code == 0, forecast.stderr
    assert "real: published for slot 2024-02-29 00:00" in forecast.stderr
    assert len(json.loads(tsflow("forecasts", "--format", "json").stdout)) == 3


def test_a_pipeline_that_fails_does_not_keep_the_others_from_theirs(tsflow: Tsflow) -> None:
    result = tsflow("ingest")
    assert result.exit_code == 3
    assert "lost.csv: no such file" in result.stderr
    assert "real: 57 rows read" in result.stderr


def test_a_traceback_of_one_of_several_is_shown_when_asked_for(tsflow: Tsflow) -> None:
    assert "Traceback" not in tsflow("ingest").stderr
    assert "Traceback" in tsflow("ingest", "--traceback").stderr
