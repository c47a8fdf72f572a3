"""The tables: every column with its unit and its key; `docs/tables.md` is made from it."""

from tsflow.store.schema.base import metadata
from tsflow.store.schema.data import covariates, observation_revisions, observations, quarantine, series
from tsflow.store.schema.forecasting import backtest_forecasts, forecast_heads, forecast_origins, forecasts
from tsflow.store.schema.monitoring import drift_checks, forecast_scores
from tsflow.store.schema.settings import configurations, pipelines, timezone_offsets
from tsflow.store.schema.training import champion_aliases, decisions, models, scores
from tsflow.store.schema.work import alerts, leases, runs

__all__ = [
    "alerts",
    "backtest_forecasts",
    "champion_aliases",
    "configurations",
    "covariates",
    "decisions",
    "drift_checks",
    "forecast_heads",
    "forecast_origins",
    "forecast_scores",
    "forecasts",
    "leases",
    "metadata",
    "models",
    "observation_revisions",
    "observations",
    "pipelines",
    "quarantine",
    "runs",
    "scores",
    "series",
    "timezone_offsets",
]
