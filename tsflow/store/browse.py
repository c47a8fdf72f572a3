"""What a page asks of the store: a few rows at a time, summed up in the database.

Like `readers`, from which the rest comes: frames with naive UTC times. A page shows one series or one summary,
so that nothing here reads all forecasts of a pipeline.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Literal

import pandas as pd
from sqlalchemy import Engine, Select, Table, and_, case, func, literal, select

from tsflow.store import schema
from tsflow.store.leases import LIVE
from tsflow.store.readers import fetch
from tsflow.store.schema import (
    forecast_heads,
    forecast_origins,
    forecasts,
    models,
    observations,
    quarantine,
    runs,
    series,
)

Ranking = Literal["uncertain", "changed", "wrong"]

_ISSUES = 30
"""Issues that a summary of accuracy looks back on."""


def pipelines(engine: Engine) -> pd.DataFrame:
    """The pipelines that have run, by name: ``name, frequency, season_length, horizon, timezone``."""
    table = schema.pipelines
    columns = table.c.name, table.c.frequency, table.c.season_length, table.c.horizon, table.c.timezone
    return fetch(engine, select(*columns).order_by(table.c.name))


def find_series(engine: Engine, pipeline: str, text: str = "", limit: int = 50) -> pd.DataFrame:
    """Series whose name contains a text, in any case: the one of exactly that name first, then those with a forecast.

    Returns:
        ``id, unique_id, first_ds, last_ds, observations, ended, forecast``, the last True where one is current.
    """
    columns = (series.c.id, series.c.unique_id, series.c.first_ds, series.c.last_ds, series.c.observations)
    forecast = forecast_heads.c.run_id.is_not(None)
    wanted = (
        select(*columns, series.c.ended, forecast.label("forecast"))
        .outerjoin(forecast_heads, forecast_heads.c.series_id == series.c.id)
        .where(*_named(series, pipeline, text))
        .order_by(case((series.c.unique_id == text, 0), (forecast, 1), else_=2), series.c.unique_id)
    )
    return fetch(engine, wanted.limit(limit)).astype({"forecast": bool})


def count_series(engine: Engine, pipeline: str, text: str = "") -> int:
    """How many series `find_series` would find without a limit."""
    found = fetch(engine, select(func.count().label("series")).where(*_named(series, pipeline, text)))
    return int(found["series"].iloc[0])


def series_ids(engine: Engine, pipeline: str, names: Sequence[str]) -> dict[str, int]:
    """The number of each named series that there is."""
    wanted = select(series.c.unique_id, series.c.id).where(series.c.pipeline == pipeline)
    found = fetch(engine, wanted.where(series.c.unique_id.in_(names)))
    return dict(zip(found["unique_id"], found["id"].astype(int), strict=True))


def history(engine: Engine, series_id: int, steps: int, until: datetime | None = None) -> pd.DataFrame:
    """The last observations of a series, or the last ``until`` (naive UTC): ``ds, y``, ascending."""
    wanted = select(observations.c.ds, observations.c.y).where(observations.c.series_id == series_id)
    if until is not None:
        wanted = wanted.where(observations.c.ds <= until.replace(tzinfo=UTC))
    newest_first = fetch(engine, wanted.order_by(observations.c.ds.desc()).limit(steps))
    return newest_first.iloc[::-1].reset_index(drop=True)


def issues(engine: Engine, pipeline: str, limit: int = _ISSUES) -> pd.DataFrame:
    """The published forecast runs, newest first, each slot once: ``run_id, slot, published_at``."""
    columns = runs.c.id.label("run_id"), runs.c.slot, runs.c.published_at
    newest_first = select(*columns).where(_published(pipeline)).order_by(runs.c.slot.desc(), runs.c.redo.desc())
    # A slot that was done again counts once: there are few of those, so that twice the limit is enough.
    return fetch(engine, newest_first.limit(2 * limit)).drop_duplicates("slot", ignore_index=True).head(limit)


def forecast_of(engine: Engine, run_id: int, series_id: int) -> pd.DataFrame:
    """What one run forecast for one series: ``ds, lead, y_hat, lo_80, hi_80, lo_95, hi_95, model, reason``."""
    bounds = (forecasts.c.y_hat, forecasts.c.lo_80, forecasts.c.hi_80, forecasts.c.lo_95, forecasts.c.hi_95)
    same = (forecast_origins.c.run_id == forecasts.c.run_id) & (forecast_origins.c.series_id == forecasts.c.series_id)
    wanted = (
        select(
            forecasts.c.ds, forecasts.c.lead, *bounds, models.c.architecture.label("model"), forecast_origins.c.reason
        )
        .join(forecast_origins, same)
        .outerjoin(models, models.c.id == forecast_origins.c.model_id)
        .where(forecasts.c.run_id == run_id, forecasts.c.series_id == series_id)
    )
    return fetch(engine, wanted.order_by(forecasts.c.ds))


def accuracy(engine: Engine, pipeline: str, limit: int = _ISSUES) -> pd.DataFrame:
    """How the last published forecasts came true, by issue and lead.

    Returns:
        ``slot, lead, steps, mae, bias, level, coverage_80, coverage_95``: errors in the unit of y (bias above 0: too
        high), ``level`` the mean absolute value that was observed, coverage the share of steps within the interval.
    """
    last = issues(engine, pipeline, limit)
    error = forecasts.c.y_hat - observations.c.y
    wanted = (
        select(
            forecasts.c.run_id,
            forecasts.c.lead,
            func.count().label("steps"),
            func.avg(func.abs(error)).label("mae"),
            func.avg(error).label("bias"),
            func.avg(func.abs(observations.c.y)).label("level"),
            func.avg(_within("80")).label("coverage_80"),
            func.avg(_within("95")).label("coverage_95"),
        )
        .join(observations, _same_step(observations))
        .where(forecasts.c.run_id.in_(last["run_id"].tolist()))
        .group_by(forecasts.c.run_id, forecasts.c.lead)
    )
    found = fetch(engine, wanted).merge(last[["run_id", "slot"]], on="run_id").drop(columns="run_id")
    measures = ["mae", "bias", "level", "coverage_80", "coverage_95"]
    found[measures] = found[measures].astype(float)  # PostgreSQL's averages are decimals
    return found[["slot", "lead", "steps", *measures]].sort_values(["slot", "lead"], ignore_index=True)


def ranked(engine: Engine, pipeline: str, by: Ranking, limit: int = 10) -> pd.DataFrame:
    """The series that matter most, each measured relative to its own mean absolute level.

    Args:
        engine: The database.
        pipeline: Name of the pipeline.
        by: ``uncertain``: width of the 80 % interval of the current forecast; ``changed``: what the current
            forecast says otherwise than the issue before it, on the steps of both; ``wrong``: error of the last
            issues that came true.
        limit: Most series.

    Returns:
        ``unique_id, value``, the largest value first.
    """
    value, joined = _measure(by, issues(engine, pipeline, 8)["run_id"].tolist())
    wanted = (
        joined.join(series, series.c.id == forecasts.c.series_id)
        .where(series.c.pipeline == pipeline)
        .group_by(series.c.id, series.c.unique_id)
        .having(value.is_not(None))
    )
    found = fetch(engine, wanted.order_by(value.desc(), series.c.unique_id).limit(limit))
    return found.astype({"value": float})


def curves(engine: Engine, model_ids: Sequence[int]) -> dict[str, Any]:
    """The training curve of each model that has one, by architecture: ``[[step, fit loss, tune loss], ...]``."""
    wanted = select(models.c.architecture, models.c.curve).where(models.c.id.in_(model_ids)).order_by(models.c.id)
    found = fetch(engine, wanted)
    return {name: curve for name, curve in zip(found["architecture"], found["curve"], strict=True) if curve}


def refusals(engine: Engine, pipeline: str) -> pd.DataFrame:
    """What is in quarantine by check, the most rows first: ``failed_check, rows, reason``, one reason each."""
    wanted = (
        select(quarantine.c.failed_check, func.count().label("rows"), func.min(quarantine.c.reason).label("reason"))
        .where(quarantine.c.pipeline == pipeline, quarantine.c.resolved_at.is_(None))
        .group_by(quarantine.c.failed_check)
    )
    return fetch(engine, wanted.order_by(func.count().desc(), quarantine.c.failed_check))


def refused_rows(
    engine: Engine, pipeline: str, check: str | None = None, text: str = "", limit: int = 500
) -> pd.DataFrame:
    """Rows in quarantine, last seen first: of one check or all, of series whose name contains a text."""
    columns = (quarantine.c.unique_id, quarantine.c.ds, quarantine.c.failed_check, quarantine.c.reason)
    wanted = select(*columns, quarantine.c.raw, quarantine.c.source, quarantine.c.last_seen)
    wanted = wanted.where(*_named(quarantine, pipeline, text), quarantine.c.resolved_at.is_(None))
    if check is not None:
        wanted = wanted.where(quarantine.c.failed_check == check)
    return fetch(engine, wanted.order_by(quarantine.c.last_seen.desc(), quarantine.c.fingerprint).limit(limit))


def _named(table: Table, pipeline: str, text: str) -> list[Any]:
    """Of a pipeline, with a text in the series' name."""
    mine = [table.c.pipeline == pipeline]
    return [*mine, table.c.unique_id.icontains(text, autoescape=True)] if text else mine


def _measure(by: Ranking, last: Sequence[int]) -> tuple[Any, Select[Any]]:
    """The expression that ranks, and where it comes from, one group a series."""
    current = and_(forecast_heads.c.series_id == forecasts.c.series_id, forecast_heads.c.run_id == forecasts.c.run_id)
    if by == "wrong":
        level = func.avg(func.abs(observations.c.y))
        value = func.avg(func.abs(forecasts.c.y_hat - observations.c.y)) / func.nullif(level, 0)
        joined = _ranked(value).join(observations, _same_step(observations))
        return value, joined.where(forecasts.c.run_id.in_(last))
    level = func.avg(func.abs(forecasts.c.y_hat))
    if by == "uncertain":
        value = func.avg(forecasts.c.hi_80 - forecasts.c.lo_80) / func.nullif(level, 0)
        return value, _ranked(value).join(forecast_heads, current)
    before = forecasts.alias("before")
    value = func.avg(func.abs(forecasts.c.y_hat - before.c.y_hat)) / func.nullif(level, 0)
    previous = and_(_same_step(before), before.c.run_id == literal(last[1] if len(last) > 1 else None))
    return value, _ranked(value).join(forecast_heads, current).join(before, previous)


def _ranked(value: Any) -> Select[Any]:
    return select(series.c.unique_id, value.label("value")).select_from(forecasts)


def _published(pipeline: str) -> Any:
    return and_(
        runs.c.pipeline == pipeline, runs.c.kind == "forecast", runs.c.space == LIVE, runs.c.published_at.is_not(None)
    )


def _same_step(other: Any) -> Any:
    return and_(other.c.series_id == forecasts.c.series_id, other.c.ds == forecasts.c.ds)


def _within(level: str) -> Any:
    inside = observations.c.y.between(forecasts.c[f"lo_{level}"], forecasts.c[f"hi_{level}"])
    return case((inside, 1.0), else_=0.0)
