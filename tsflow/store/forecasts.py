"""Forecasts: written unseen, shard by shard, then published by one flip."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Select, delete, exists, func, select, update

from tsflow.errors import StoreError
from tsflow.store import bulk, pipelines, runs
from tsflow.store.engine import reading
from tsflow.store.leases import LIVE, Fence, fenced
from tsflow.store.schema import forecast_heads, forecast_origins, forecasts, series
from tsflow.store.schema import runs as runs_table
from tsflow.store.upsert import upsert

VALUES = ("y_hat", "lo_80", "hi_80", "lo_95", "hi_95")


@dataclass(frozen=True, kw_only=True)
class Origin:
    """Where one series' forecast comes from, or why it has none.

    ``source`` "none" without a cutoff: never observed; with one: it has ended.
    """

    series_id: int
    cutoff: datetime | None
    model_id: int | None
    source: Literal["champion", "baseline", "none"]
    reason: str
    scale: float | None = None
    """Naive error at the cutoff, by which errors are scaled."""


def write_shard(engine: Engine, fence: Fence, run_id: int, rows: pd.DataFrame) -> None:
    """Write the forecasts of some series of a run, which nobody sees until `publish`; a retry replaces them.

    Args:
        engine: The database.
        fence: The right to write.
        run_id: The forecast run.
        rows: ``series_id, ds, lead, y_hat, lo_80, hi_80, lo_95, hi_95``: naive UTC stamps, finite values.

    Raises:
        StoreError: If the run is published: what readers see is never rewritten.
        LeaseLost: If another run took over.
    """
    columns: dict[str, Any] = {
        "run_id": run_id,
        "series_id": rows["series_id"].to_numpy(dtype=np.int64),
        "ds": rows["ds"].to_numpy().astype("M8[us]"),
        "lead": rows["lead"].to_numpy(dtype=np.int64),
    }
    columns |= {name: rows[name].to_numpy(dtype=np.float64) for name in VALUES}
    with fenced(engine, fence) as connection:
        _refuse_published(connection, run_id)
        _delete(connection, run_id, columns["series_id"])
        bulk.insert(connection, forecasts, len(rows), columns)


def write_origins(engine: Engine, fence: Fence, run_id: int, origins: Iterable[Origin]) -> None:
    """Write where the forecasts of some series come from; a retry replaces it.

    Raises:
        StoreError: If the run is published.
        LeaseLost: If another run took over.
    """
    rows = [{"run_id": run_id, **vars(origin)} for origin in origins]  # asdict copies each value: 1.5 s of 10,000
    with fenced(engine, fence) as connection:
        _refuse_published(connection, run_id)
        into = upsert(connection, forecast_origins)
        changed = {name: into.excluded[name] for name in ("cutoff", "model_id", "source", "reason", "scale")}
        if rows:
            connection.execute(into.on_conflict_do_update(index_elements=["run_id", "series_id"], set_=changed), rows)


def rows_of(engine: Engine, run_id: int) -> pd.DataFrame:
    """What a run forecast: ``series_id, ds, lead`` and the values, ordered by the first two; naive UTC stamps."""
    columns = [forecasts.c[name] for name in ("series_id", "ds", "lead", *VALUES)]
    wanted = select(*columns).where(forecasts.c.run_id == run_id).order_by(forecasts.c.series_id, forecasts.c.ds)
    with reading(engine) as connection:
        frame = pd.DataFrame(connection.execute(wanted).all(), columns=[column.name for column in columns])
    return frame.assign(ds=pd.to_datetime(frame["ds"], utc=True).dt.tz_localize(None).astype("M8[us]"))


def origins_of(engine: Engine, run_id: int) -> list[Origin]:
    """Where the forecasts of a run come from, by series id."""
    columns = [forecast_origins.c[name] for name in Origin.__dataclass_fields__]
    wanted = select(*columns).where(forecast_origins.c.run_id == run_id).order_by(forecast_origins.c.series_id)
    with reading(engine) as connection:
        return [Origin(**row._mapping) for row in connection.execute(wanted)]


def publish(
    engine: Engine,
    fence: Fence,
    run_id: int,
    published_at: datetime,
    *,
    expected: int | None = None,
    next_due: datetime | None = None,
) -> runs.Run:
    """Make a run's forecasts visible and current, and end the run: one transaction, all or nothing.

    Heads move only to newer slots (or to the same slot, forced), so that a backfill does not move them back;
    a replay's forecasts never become current; an ended series loses its head. A published run is left as it
    is. ``next_due`` is when the pipeline's next slot is due by its schedule, from which lateness counts.

    Raises:
        StoreError: If a series that should have forecasts has none, or fewer than ``expected`` have an origin.
        LeaseLost: If another run took over.
    """
    with fenced(engine, fence) as connection:
        run = runs.fetch(connection, run_id)
        if run.published_at is not None:
            return run
        _refuse_incomplete(connection, run_id, expected)
        end = {"published_at": published_at, "status": "succeeded", "finished_at": published_at}
        runs.set_values(connection, run_id, **end)
        if fence.space == LIVE:
            _move_heads(connection, run)
            if connection.execute(_newer(run).limit(1)).first() is None:
                _end_series(connection, run_id)
                pipelines.set_due(connection, run.pipeline, next_due)
        return runs.fetch(connection, run_id)


def _move_heads(connection: Connection, run: runs.Run) -> None:
    """Make the run's forecasts current, but not of a series that a newer slot has forecast, or found to have ended."""
    known_later = select(forecast_origins.c.series_id).where(forecast_origins.c.run_id.in_(_newer(run)))
    forecast = select(forecast_origins.c.series_id, forecast_origins.c.run_id).where(
        forecast_origins.c.run_id == run.id,
        forecast_origins.c.source != "none",
        forecast_origins.c.series_id.not_in(known_later),
    )
    into = upsert(connection, forecast_heads).from_select(["series_id", "run_id"], forecast)
    moved = {"run_id": into.excluded.run_id}
    connection.execute(into.on_conflict_do_update(index_elements=["series_id"], set_=moved))


def _newer(run: runs.Run) -> Select[tuple[int]]:
    """The published runs of newer slots than a run's."""
    same = {"pipeline": run.pipeline, "kind": run.kind, "space": run.space}
    newer = select(runs_table.c.id).filter_by(**same).where(runs_table.c.slot > run.slot)
    return newer.where(runs_table.c.published_at.is_not(None))


def _end_series(connection: Connection, run_id: int) -> None:
    """Note which of the run's series have ended; these lose their heads. One that resumed has not."""
    mine = forecast_origins.c.run_id == run_id
    silent = (forecast_origins.c.source == "none") & forecast_origins.c.cutoff.is_not(None)
    ended = exists().where(mine, silent, forecast_origins.c.series_id == series.c.id)
    known = select(forecast_origins.c.series_id).where(mine)
    connection.execute(update(series).where(series.c.id.in_(known), series.c.ended != ended).values(ended=ended))
    gone = select(forecast_origins.c.series_id).where(mine, silent)
    connection.execute(delete(forecast_heads).where(forecast_heads.c.series_id.in_(gone)))


def _refuse_published(connection: Connection, run_id: int) -> None:
    if runs.fetch(connection, run_id).published_at is not None:
        raise StoreError(f"run {run_id} is published, so its forecasts cannot be rewritten; begin a newer slot")


def _refuse_incomplete(connection: Connection, run_id: int, expected: int | None) -> None:
    known = connection.scalar(select(func.count()).where(forecast_origins.c.run_id == run_id)) or 0
    if expected is not None and known < expected:
        raise StoreError(f"run {run_id}: {expected - known} of {expected} series are missing; nothing is published")
    rows = exists().where(
        forecasts.c.run_id == forecast_origins.c.run_id, forecasts.c.series_id == forecast_origins.c.series_id
    )
    missing = select(func.count()).where(
        forecast_origins.c.run_id == run_id, forecast_origins.c.source != "none", ~rows
    )
    count = connection.scalar(missing)
    if count:
        raise StoreError(f"run {run_id}: {count} series have no forecast rows though they should; nothing is published")


def _delete(connection: Connection, run_id: int, series_id: NDArray[np.int64]) -> None:
    """Delete what an earlier attempt wrote for these series."""
    known = select(forecasts.c.run_id).where(forecasts.c.run_id == run_id).limit(1)
    if connection.execute(known).one_or_none() is None:
        return  # the first shard of a first attempt
    wanted = [int(number) for number in np.unique(series_id)]
    for start in range(0, len(wanted), 10_000):  # below the bound parameters that a statement may have
        part = forecasts.c.series_id.in_(wanted[start : start + 10_000])
        connection.execute(delete(forecasts).where(forecasts.c.run_id == run_id, part))
