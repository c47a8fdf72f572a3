"""Fixtures of the store's tests: a pipeline with a few series, and the right to write for it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, insert

from tsflow import config
from tsflow.store import forecasts, models, pipelines, runs
from tsflow.store.engine import writing
from tsflow.store.leases import LIVE, Fence, acquire
from tsflow.store.schema import series

START = datetime(2024, 1, 1, tzinfo=UTC)
"""The first slot; slot n is n hours later."""


def slot(number: int) -> datetime:
    """The n-th slot."""
    return START + timedelta(hours=number)


@pytest.fixture
def pipeline() -> config.Pipeline:
    """An hourly pipeline in Melbourne."""
    return config.Pipeline.model_validate(
        {
            "source": {"kind": "csv", "path": "/data/walkers.csv"},
            "frequency": "h",
            "horizon": 3,
            "timezone": "Australia/Melbourne",
        }
    )


@pytest.fixture
def fence(engine: Engine, pipeline: config.Pipeline) -> Fence:
    """The lease of the live space of the pipeline `walkers`, which is registered."""
    fence = acquire(engine, "walkers", LIVE, "the tests", 600)
    pipelines.register(engine, fence, pipeline, now=START, due_at=None)
    return fence


@pytest.fixture
def series_ids(engine: Engine, fence: Fence) -> list[int]:
    """Three series: a, b and c."""
    rows = [
        {"pipeline": fence.pipeline, "unique_id": name, "frequency": "h", "created_at": START, "last_ds": slot(-1)}
        for name in "abc"
    ]
    with writing(engine) as connection:
        return list(connection.scalars(insert(series).returning(series.c.id, sort_by_parameter_order=True), rows))


Forecast = Callable[..., runs.Run]


@pytest.fixture
def forecast(engine: Engine, fence: Fence) -> Forecast:
    """Write and publish the forecast of a slot, every value being ``value``, every interval 1 or 2 to each side."""

    def make(
        number: int, series_ids: list[int], value: float = 10.0, fence: Fence = fence, publish: bool = True
    ) -> runs.Run:
        run = runs.begin(engine, fence, "forecast", slot(number), now=slot(number))
        model = models.record(engine, fence, run.id, models.Training(architecture="gru", role="candidate"))
        forecasts.write_shard(engine, fence, run.id, rows(number, series_ids, value))
        forecasts.write_origins(engine, fence, run.id, [origin(number, item, model.id) for item in series_ids])
        published_at = slot(number) + timedelta(minutes=5)
        return forecasts.publish(engine, fence, run.id, published_at) if publish else run

    return make


def rows(number: int, series_ids: list[int], value: float = 10.0, horizon: int = 3) -> pd.DataFrame:
    """Forecast rows of a slot, as the forecast step writes them."""
    leads = np.tile(np.arange(1, horizon + 1), len(series_ids))
    stamps = np.datetime64(slot(number - 1).replace(tzinfo=None), "us") + leads * np.timedelta64(1, "h")
    frame = pd.DataFrame({"series_id": np.repeat(series_ids, horizon), "ds": stamps, "lead": leads})
    return frame.assign(y_hat=value, lo_80=value - 1, hi_80=value + 1, lo_95=value - 2, hi_95=value + 2)


def origin(number: int, series_id: int, model_id: int | None, source: str = "champion") -> forecasts.Origin:
    """Where one series' forecast of a slot comes from."""
    return forecasts.Origin(
        series_id=series_id, cutoff=slot(number - 1), model_id=model_id, source=source, reason="it won"
    )
