"""Backtests: forecasts of many models from many cutoffs, in spaces of their own."""

from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine, delete, func, select

from tsflow.store import bulk
from tsflow.store.engine import reading
from tsflow.store.forecasts import VALUES
from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import backtest_forecasts, models, runs, series


def write(engine: Engine, fence: Fence, model_id: int, rows: pd.DataFrame) -> None:
    """Write what a model forecast, all at once; a retry replaces it.

    Args:
        engine: The database.
        fence: The right to write.
        model_id: The model.
        rows: ``series_id, cutoff, ds, y_hat, lo_80, hi_80, lo_95, hi_95``: naive UTC stamps, finite values.

    Raises:
        LeaseLost: If another run took over.
    """
    columns: dict[str, Any] = {"model_id": model_id, "series_id": rows["series_id"].to_numpy(dtype=np.int64)}
    columns |= {name: rows[name].to_numpy().astype("M8[us]") for name in ("cutoff", "ds")}
    columns |= {name: rows[name].to_numpy(dtype=np.float64) for name in VALUES}
    with fenced(engine, fence) as connection:
        connection.execute(delete(backtest_forecasts).where(backtest_forecasts.c.model_id == model_id))
        bulk.insert(connection, backtest_forecasts, len(rows), columns)


def written(engine: Engine, model_id: int) -> bool:
    """Whether a model's forecasts are there."""
    with reading(engine) as connection:
        return bool(connection.scalar(select(func.count()).where(backtest_forecasts.c.model_id == model_id)))


def read(engine: Engine, pipeline: str, space: str) -> pd.DataFrame:
    """The forecasts of a backtest, long: ``model, series_id, unique_id, cutoff, ds`` and the values, in that order."""
    table = backtest_forecasts
    columns = [models.c.architecture.label("model"), table.c.series_id, series.c.unique_id, table.c.cutoff, table.c.ds]
    wanted = (
        select(*columns, *(table.c[name] for name in VALUES))
        .join(models, models.c.id == table.c.model_id)
        .join(runs, runs.c.id == models.c.run_id)
        .join(series, series.c.id == table.c.series_id)
        .where(runs.c.pipeline == pipeline, runs.c.space == space)
        .order_by(models.c.architecture, series.c.unique_id, table.c.cutoff, table.c.ds)
    )
    with reading(engine) as connection:
        rows = connection.execute(wanted).all()
    frame = pd.DataFrame(rows, columns=["model", "series_id", "unique_id", "cutoff", "ds", *VALUES])
    for name in ("cutoff", "ds"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_localize(None).astype("M8[us]")
    return frame
