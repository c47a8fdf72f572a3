"""A project whose database holds all that the commands show: series, models, forecasts of two slots."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, insert, select
from typer.testing import CliRunner

from tsflow.cli import app
from tsflow.config import load_project
from tsflow.store import decisions, forecasts, models, pipelines, quarantine, runs
from tsflow.store.engine import connect, writing
from tsflow.store.leases import LIVE, Fence, hold
from tsflow.store.schema import observations, series

DAY = timedelta(days=1)
FIRST = datetime(2024, 3, 1, tzinfo=UTC)
"""The first slot: the day after the last observation."""
HORIZON = 3

Tsflow = Callable[..., Any]


@pytest.fixture
def tsflow(project: Path) -> Tsflow:
    """Run a command on the seeded project."""
    return lambda *arguments: CliRunner().invoke(app, [*arguments, "--config", str(project)])


@pytest.fixture
def project(tmp_path: Path, sqlite_url: str) -> Path:
    """The YAML file of two pipelines: `demo` has run for two slots, `idle` never."""
    demo = {"source": {"kind": "csv", "path": "a.csv"}, "frequency": "D", "horizon": HORIZON, "clock": "data"}
    settings = {"database": sqlite_url, "device": "cpu", "pipelines": {"demo": demo, "idle": demo}}
    file = tmp_path / "tsflow.yaml"
    file.write_text(json.dumps(settings), "utf-8")
    engine = connect(sqlite_url)
    with hold(engine, "demo", LIVE, holder="the tests") as fence:
        pipelines.register(engine, fence, load_project(file).pipeline("demo"), now=FIRST, due_at=None)
        _seed(engine, fence)
    engine.dispose()
    return file


def _seed(engine: Engine, fence: Fence) -> None:
    ingest = runs.begin(engine, fence, "ingest", FIRST, now=FIRST)
    ids = _observe(engine, ingest.id)
    _refuse(engine, fence, ingest.id)
    runs.succeed(engine, fence, ingest.id, now=FIRST, report={"rows_read": 41, "new": 40, "quarantined": 1})
    for number, architecture in enumerate(("gru", "lstm")):
        slot = FIRST + number * DAY
        _train(engine, fence, slot, architecture)
        _forecast(engine, fence, slot, ids, value=10.0 * (number + 1))


def _observe(engine: Engine, run_id: int) -> list[int]:
    """Twenty days of two series."""
    names = [
        {"pipeline": "demo", "unique_id": name, "frequency": "D", "observations": 20, "created_at": FIRST,
         "first_ds": FIRST - 20 * DAY, "last_ds": FIRST - DAY}
        for name in ("north", "south")
    ]  # fmt: skip
    with writing(engine) as connection:
        connection.execute(insert(series), names)
        ids = list(connection.scalars(select(series.c.id).order_by(series.c.unique_id)))
        stamped = {"recorded_at": FIRST, "available_at": FIRST, "run_id": run_id}
        rows = [
            {"series_id": number, "ds": FIRST - (20 - step) * DAY, "y": float(step), **stamped}
            for number in ids
            for step in range(20)
        ]
        connection.execute(insert(observations), rows)
    return ids


def _refuse(engine: Engine, fence: Fence, run_id: int) -> None:
    row = {"unique_id": "north", "ds": "yesterday", "raw": '{"ds": "yesterday", "y": "5"}'}
    row |= {"fingerprint": "f1", "failed_check": "parseable_time", "reason": "the timestamp is no ISO 8601"}
    quarantine.record(engine, fence, run_id, "a.csv", pd.DataFrame([row]), now=FIRST)


def _train(engine: Engine, fence: Fence, slot: datetime, architecture: str) -> None:
    run = runs.begin(engine, fence, "retrain", slot, now=slot)
    explanation = {"reach": 36, "network_reach": 12, "network_influence": [1.0], "leans_on": [[12.0, 0.4], [1.0, 0.3]]}
    explanation |= {"milliseconds": 20.0, "error_by_lead": [0.5, 0.75]}
    training = models.Training(
        architecture=architecture, role="candidate", select_loss=0.5, seconds=1.0, explanation=explanation
    )
    model = models.record(engine, fence, run.id, training)
    models.record(engine, fence, run.id, models.Training(architecture="seasonal_naive", role="baseline"))
    decisions.record(
        engine,
        fence,
        run.id,
        now=slot,
        outcome="promoted",
        model_id=model.id,
        reason=f"{architecture} had the lowest loss",
        candidates=[{"architecture": architecture, "loss": 0.5}],
    )


def _forecast(engine: Engine, fence: Fence, slot: datetime, ids: list[int], value: float) -> None:
    run = runs.begin(engine, fence, "forecast", slot, now=slot)
    model = models.champion(engine, "demo", LIVE)
    assert model is not None
    leads = np.tile(np.arange(1, HORIZON + 1), len(ids))
    stamps = np.datetime64((slot - DAY).replace(tzinfo=None), "us") + leads * np.timedelta64(1, "D")
    rows = pd.DataFrame({"series_id": np.repeat(ids, HORIZON), "ds": stamps, "lead": leads})
    bounds = {"y_hat": value, "lo_80": value - 1, "hi_80": value + 1, "lo_95": value - 2, "hi_95": value + 2}
    forecasts.write_shard(engine, fence, run.id, rows.assign(**bounds))
    origins = [
        forecasts.Origin(series_id=n, cutoff=slot - DAY, model_id=model.id, source="champion", reason="it won")
        for n in ids
    ]
    forecasts.write_origins(engine, fence, run.id, origins)
    forecasts.publish(engine, fence, run.id, slot + timedelta(minutes=5))
