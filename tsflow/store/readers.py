"""What people ask of the store, as DataFrames: the views, with their times parsed.

Times are naive UTC, ``datetime64[us]``, as everywhere in arrays (a date is the same in every zone); arguments
are aware datetimes.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import pandas as pd
from sqlalchemy import Connection, Engine, Select, column, func, select, table, text
from sqlalchemy.sql.expression import TableClause
from sqlalchemy.types import NullType

from tsflow.config.base import suggestion
from tsflow.errors import ConfigError
from tsflow.store.engine import reading
from tsflow.store.leases import LIVE
from tsflow.store.schema import alerts as alerts_table
from tsflow.store.schema import decisions as decisions_table
from tsflow.store.schema import forecast_origins
from tsflow.store.schema import models as models_table
from tsflow.store.schema import quarantine as quarantine_table
from tsflow.store.schema import runs as runs_table
from tsflow.store.schema import series as series_table
from tsflow.store.types import Timestamp
from tsflow.store.views import WELL, published_forecasts, views
from tsflow.store.views.view import Sql

__all__ = [
    "WELL",
    "alerts",
    "champions",
    "data_quality",
    "decisions",
    "forecast_accuracy",
    "forecast_history",
    "latest_forecasts",
    "leaderboard",
    "pipeline_health",
    "quarantine",
    "runs",
    "series",
]

_STAMPS = (
    *(
        "ds",
        "ds_local",
        "cutoff",
        "issued_at",
        "published_at",
        "slot",
        "decided_at",
        "trained_until",
        "finished_at",
    ),
    *(
        "last_ingest",
        "last_retrain",
        "last_forecast",
        "due_at",
        "newest_observation",
        "published_slot",
        "forecast_until",
    ),
)
"""The views' columns that hold a time as text."""
_NAMED, _CLOSE = 10, 10_000
"""Series that an error names, and among which it looks for one that was meant."""


def latest_forecasts(
    engine: Engine,
    pipeline: str | None = None,
    series: Sequence[str] | None = None,
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """The current forecasts, or those that were current at a moment, with the columns of `latest_forecasts`.

    Args:
        engine: The database.
        pipeline: Only this pipeline's.
        series: Only those of these unique ids.
        as_of: What a reader saw then: the newest slot among what had been published.
    """
    with reading(engine) as connection:
        if as_of is None:
            return _view(connection, "latest_forecasts", pipeline, series, "pipeline", "unique_id", "ds")
        history = _published(connection)
        current = _current_at(as_of, pipeline, series)
        same = (
            (history.c.run_id == current.c.run_id)
            & (history.c.pipeline == current.c.pipeline)
            & (history.c.unique_id == current.c.unique_id)
        )
        wanted = _only(select(history).join(current, same), history, pipeline, series)
        return _frame(connection, wanted.order_by("pipeline", "unique_id", "ds"))


def forecast_history(engine: Engine, pipeline: str | None = None, series: Sequence[str] | None = None) -> pd.DataFrame:
    """What was published for each slot, by issue and lead."""
    with reading(engine) as connection:
        return _view(connection, "forecast_history", pipeline, series, "pipeline", "unique_id", "issued_at", "lead")


def forecast_accuracy(engine: Engine, pipeline: str | None = None, series: Sequence[str] | None = None) -> pd.DataFrame:
    """Every published forecast that came true, beside what did."""
    with reading(engine) as connection:
        return _view(connection, "forecast_accuracy", pipeline, series, "pipeline", "unique_id", "issued_at", "lead")


def leaderboard(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """The models of the last retrain, best first; failed ones last."""
    with reading(engine) as connection:
        board = _view(connection, "leaderboard", pipeline, None, "pipeline")
    return board.sort_values(["pipeline", "select_loss", "tune_loss"], ignore_index=True)


def explained(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """The leaderboard with the explanation of each model as a document; none for a baseline."""
    board = leaderboard(engine, pipeline)
    wanted = select(models_table.c.id.label("model_id"), models_table.c.explanation)
    with reading(engine) as connection:
        known = _frame(connection, wanted.where(models_table.c.id.in_(board["model_id"].tolist())))
    return board.merge(known, on="model_id", how="left")


def champions(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """The model that forecasts for each pipeline, and why."""
    with reading(engine) as connection:
        return _view(connection, "champions", pipeline, None, "pipeline")


def data_quality(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """What the last ingest of each pipeline found."""
    with reading(engine) as connection:
        return _view(connection, "data_quality", pipeline, None, "pipeline")


def pipeline_health(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """Whether each pipeline is well."""
    with reading(engine) as connection:
        return _view(connection, "pipeline_health", pipeline, None, "pipeline")


def decisions(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """Every live decision, that of the newest slot first, with candidates and protocol as documents."""
    wanted = select(decisions_table).where(decisions_table.c.space == LIVE)
    newest_first = decisions_table.c.slot.desc(), decisions_table.c.id.desc()
    return fetch(engine, _only(wanted, decisions_table, pipeline, None).order_by(*newest_first))


def quarantine(engine: Engine, pipeline: str | None = None, *, resolved: bool = False) -> pd.DataFrame:
    """Refused rows that are open, or also those that were ``resolved`` since; last seen first."""
    wanted = _only(select(quarantine_table), quarantine_table, pipeline, None)
    if not resolved:
        wanted = wanted.where(quarantine_table.c.resolved_at.is_(None))
    newest_first = quarantine_table.c.last_seen.desc()
    return fetch(engine, wanted.order_by(newest_first, quarantine_table.c.fingerprint))


def alerts(engine: Engine, pipeline: str | None = None, limit: int = 50) -> pd.DataFrame:
    """What somebody was told, newest first."""
    wanted = _only(select(alerts_table), alerts_table, pipeline, None)
    return fetch(engine, wanted.order_by(alerts_table.c.id.desc()).limit(limit))


def series(engine: Engine, pipeline: str | None = None) -> pd.DataFrame:
    """Every series, with its first and last observation and how many there are."""
    wanted = _only(select(series_table), series_table, pipeline, None)
    return fetch(engine, wanted.order_by(series_table.c.pipeline, series_table.c.unique_id))


def check_series(engine: Engine, pipeline: str | None, names: Sequence[str]) -> None:
    """Return if every one of these series is there.

    Raises:
        ConfigError: If one is not, with those that are.
    """
    mine = _only(select(series_table.c.unique_id).distinct(), series_table, pipeline, None)
    with reading(engine) as connection:
        found = set(connection.scalars(_only(mine, series_table, None, names)))
        missing = [name for name in names if name not in found]
        if not missing:
            return
        first = list(connection.scalars(mine.order_by(series_table.c.unique_id).limit(_CLOSE)))
    there = ", ".join(first[:_NAMED]) + (", ..." if len(first) > _NAMED else "")
    where = f"pipeline {pipeline!r}" if pipeline else "the project"
    raise ConfigError(
        f"no series {missing[0]!r};{suggestion(missing[0], first)} {where} has: {there or 'none yet'}; "
        "`tsflow series` lists them"
    )


def runs(engine: Engine, pipeline: str | None = None, limit: int = 50) -> pd.DataFrame:
    """The runs that were started last, newest first."""
    wanted = _only(select(runs_table), runs_table, pipeline, None)
    newest_first = wanted.order_by(runs_table.c.started_at.desc(), runs_table.c.id.desc())
    return fetch(engine, newest_first.limit(limit))


def _current_at(moment: datetime, pipeline: str | None, series: Sequence[str] | None) -> Any:
    """The run that was current for each of these series at a moment, if they had not ended then."""
    newest_first = (runs_table.c.slot.desc(), runs_table.c.published_at.desc())
    rank = func.row_number().over(partition_by=forecast_origins.c.series_id, order_by=newest_first)
    ranked = (
        select(
            runs_table.c.id.label("run_id"),
            series_table.c.pipeline,
            series_table.c.unique_id,
            forecast_origins.c.source,
            rank.label("rank"),
        )
        .join(forecast_origins, forecast_origins.c.run_id == runs_table.c.id)
        .join(series_table, series_table.c.id == forecast_origins.c.series_id)
        .where(
            runs_table.c.space == LIVE,
            runs_table.c.published_at <= moment,
        )
    )
    published = _only(ranked, series_table, pipeline, series).subquery()
    return select(published).where(published.c.rank == 1, published.c.source != "none").subquery()


def _published(connection: Connection) -> Any:
    """All that readers ever saw, in the columns of `forecast_history`."""
    statement = published_forecasts(Sql(connection.dialect.name)).replace(":", r"\:")  # of times: no parameters
    return text(statement).columns(*_table("forecast_history").columns).subquery("published")


def _view(
    connection: Connection, name: str, pipeline: str | None, series: Sequence[str] | None, *order: str
) -> pd.DataFrame:
    view = _table(name)
    wanted = _only(select(view), view, pipeline, series)
    return _frame(connection, wanted.order_by(*(view.c[column] for column in order)))


def _table(name: str) -> TableClause:
    columns = next(view.columns for view in views("sqlite") if view.name == name)
    return table(name, *(column(item) for item in columns))


def _only(wanted: Select[Any], source: Any, pipeline: str | None, series: Sequence[str] | None) -> Select[Any]:
    if pipeline is not None:
        wanted = wanted.where(source.c.pipeline == pipeline)
    if series is not None:
        wanted = wanted.where(source.c.unique_id.in_(list(series)))
    return wanted


def fetch(engine: Engine, wanted: Select[Any]) -> pd.DataFrame:
    """What a statement finds, in a snapshot of its own, with its times as naive UTC."""
    with reading(engine) as connection:
        return _frame(connection, wanted)


def _frame(connection: Connection, wanted: Select[Any]) -> pd.DataFrame:
    frame = pd.DataFrame(connection.execute(wanted).all(), columns=[item.name for item in wanted.selected_columns])
    for item in wanted.selected_columns:
        name = item.name
        if isinstance(item.type, Timestamp):
            frame[name] = _naive(
                [None if pd.isna(value) else value.astimezone(UTC).replace(tzinfo=None) for value in frame[name]]
            )
        elif name in _STAMPS and isinstance(item.type, NullType):  # of a view: a table's text is as it is
            frame[name] = _naive(pd.to_datetime(frame[name], format="ISO8601"))
    return frame


def _naive(values: Any) -> "pd.Series[Any]":
    return pd.Series(values, dtype="datetime64[us]")
