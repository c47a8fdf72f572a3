"""A small database of which every row is fixed: what the examples of docs/tables.md answer from.

Two stores with four weeks of daily sales, one retrain, three days of forecasts of which two have come true.
"""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Engine, select

from tsflow import config
from tsflow.frequency import Times
from tsflow.store import decisions, forecasts, leases, migrate, models, monitoring, pipelines, quarantine, runs
from tsflow.store.leases import Fence
from tsflow.store.models import Training
from tsflow.store.schema import series
from tsflow.store.staging import Staging

_FIRST = datetime(2024, 6, 3, tzinfo=UTC)
_SLOTS = [datetime(2024, 7, day, tzinfo=UTC) for day in (1, 2, 3)]
_STORES = {"store-1": 120.0, "store-2": 40.0}
_HORIZON = 3
_WEEK = np.array([0.9, 0.95, 1.0, 1.05, 1.3, 1.5, 0.3])
_PROMISED = [[0.5, 0.55, 0.6], [0.45, 0.5, 0.65]]
_PROMISE = {"error": _PROMISED, "bias": 0.0, "coverage_80": 0.81, "coverage_95": 0.96}
_PIPELINE = config.Pipeline.model_validate(
    {
        "source": {"kind": "csv", "path": "/data/sales.csv"},
        "frequency": "D",
        "horizon": _HORIZON,
        "clock": "data",
        "architectures": ["gru", "stage"],
    }
)


def fill(engine: Engine) -> None:
    """Make the tables and write the rows, through the functions that the steps use."""
    migrate.upgrade(engine)
    fence = leases.acquire(engine, "sales", leases.LIVE, "docs", 3600)
    pipelines.register(engine, fence, _PIPELINE, now=_SLOTS[0], due_at=None)
    for number, slot in enumerate(_SLOTS):
        now = slot + timedelta(hours=6)
        _ingest(engine, fence, slot, now)
        if number == 0:
            _retrain(engine, fence, slot, now)
        _forecast(engine, fence, slot, now)
    leases.release(engine, fence)


def _ingest(engine: Engine, fence: Fence, slot: datetime, now: datetime) -> None:
    run = runs.begin(engine, fence, "ingest", slot, now=now)
    bad = {"unique_id": "store-1", "ds": "2024-06-31", "raw": '{"y": "97"}', "failed_check": "time_unparseable"}
    bad |= {
        "reason": "time '2024-06-31' is not ISO 8601 (2024-12-31T13:00); mend the row, or set source.ds_format",
        "fingerprint": "f1",
    }
    quarantine.record(engine, fence, run.id, "csv sales.csv", pd.DataFrame([bad]), now=now)
    days = np.datetime64(_FIRST.replace(tzinfo=None), "us") + np.arange((slot - _FIRST).days) * np.timedelta64(1, "D")
    rows = [pd.DataFrame({"unique_id": name, "ds": days, "y": _sold(days, level)}) for name, level in _STORES.items()]
    with Staging(engine, fence, _PIPELINE.grid) as staging:
        staging.add(pd.concat(rows, ignore_index=True).assign(available_at=lambda frame: frame["ds"]))
        with staging.fenced():
            counts = staging.merge(run.id, now)
    read = counts.new + counts.same
    report = {"rows_read": read + 1, "new": counts.new, "changed": 0, "same": counts.same, "duplicates": 0}
    runs.succeed(engine, fence, run.id, now=now, report=report | {"missing": 0, "quarantined": {"time_unparseable": 1}})


def _retrain(engine: Engine, fence: Fence, slot: datetime, now: datetime) -> None:
    run = runs.begin(engine, fence, "retrain", slot, now=now)
    losses = {"gru": (0.081, 9_300, 4.2), "stage": (0.094, 610, 0.9), "seasonal_naive": (0.125, 0, 0.0)}
    made = {}
    for name, (loss, parameters, seconds) in losses.items():
        known = Training(
            architecture=name,
            role="baseline" if name == "seasonal_naive" else "candidate",
            select_loss=loss,
            parameters=parameters,
            seconds=seconds,
            steps=None if name == "seasonal_naive" else 400,
            trained_until=slot - timedelta(days=1),
        )
        made[name] = models.record(engine, fence, run.id, known)
    decisions.record(
        engine,
        fence,
        run.id,
        now=now,
        outcome="promoted",
        model_id=made["gru"].id,
        reason="gru (0.0810) has the lowest loss; it beats seasonal_naive (0.1250) by 35.2%",
        promise=_PROMISE,
    )


def _forecast(engine: Engine, fence: Fence, slot: datetime, now: datetime) -> None:
    run = runs.begin(engine, fence, "forecast", slot, now=now)
    days = np.datetime64(slot.replace(tzinfo=None), "us") + np.arange(_HORIZON) * np.timedelta64(1, "D")
    with engine.connect() as connection:
        ids = connection.execute(select(series.c.unique_id, series.c.id)).tuples().all()
    champion = models.champion(engine, fence.pipeline, fence.space)
    for name, series_id in ids:
        level = _STORES[name]
        y_hat = np.round(level * _WEEK[(days.astype("M8[D]").astype(int) + 3) % 7] * (1 + 0.01 * slot.day), 1)
        width = np.round(level * 0.05 * np.sqrt(np.arange(1, _HORIZON + 1)), 1)
        rows = pd.DataFrame({"series_id": series_id, "ds": days, "lead": np.arange(1, _HORIZON + 1), "y_hat": y_hat})
        rows = rows.assign(lo_80=y_hat - width, hi_80=y_hat + width, lo_95=y_hat - 2 * width, hi_95=y_hat + 2 * width)
        forecasts.write_shard(engine, fence, run.id, rows)
        origin = forecasts.Origin(
            series_id=series_id,
            cutoff=slot - timedelta(days=1),
            model_id=champion.id if champion else None,
            source="champion",
            reason=f"gru, model {champion.id if champion else None}",
            scale=level / 25,
        )
        forecasts.write_origins(engine, fence, run.id, [origin])
    forecasts.publish(engine, fence, run.id, now + timedelta(minutes=2))
    monitoring.score(engine, fence, monitoring.published(engine, fence, None), now=now, known_at=now)
    _check(engine, fence, run.id, now)


def _check(engine: Engine, fence: Fence, run_id: int, now: datetime) -> None:
    """What the monitor would find, of the first leads alone."""
    true = [score for score in monitoring.scores(engine, fence, 10) if score.lead == 1]
    ratios = [score.error / np.mean([row[0] for row in _PROMISED]) for score in true if score.error]
    mean = float(np.mean(ratios)) if ratios else None
    found = "no forecast with a promise has come true yet"
    if mean is not None:
        times = f"{mean:.2f} times the promised one"
        found = f"the error of the last {len(true)} forecasts that came true is {times}; too few to tell drift"
    check = monitoring.DriftCheck(
        run_id=run_id,
        runs=len(true),
        reference=2,
        ratio=mean,
        growth=mean,
        p_value=None,
        bias=float(np.mean([score.bias or 0.0 for score in true])) if true else None,
        coverage_80=float(np.mean([score.coverage_80 for score in true])) if true else None,
        coverage_95=float(np.mean([score.coverage_95 for score in true])) if true else None,
        drifted=False,
        reason=found,
        checked_at=now,
    )
    monitoring.record(engine, fence, check)


def _sold(days: Times, level: float) -> NDArray[np.float64]:
    """Sales of each day: a week's shape and a ripple, the same every time."""
    number = days.astype("M8[D]").astype(int)
    sold: NDArray[np.float64] = np.round(level * _WEEK[(number + 3) % 7] * (1 + 0.06 * np.sin(number)), 1)
    return sold
