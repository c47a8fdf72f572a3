"""Forecasts, where each came from, which is current; those of backtests."""

from sqlalchemy import Column, ForeignKey, Integer, Table, Text

from tsflow.store.schema.base import KEYED, metadata, with_default_range
from tsflow.store.types import Id, Number, Timestamp


def _values() -> list[Column[float]]:
    return [
        Column(
            "y_hat",
            Number,
            nullable=False,
            comment="Median, in the unit of y; of seasonal naive, the value a season ago.",
        ),
        Column("lo_80", Number, nullable=False, comment="Lower end of the 80 % interval."),
        Column("hi_80", Number, nullable=False, comment="Upper end of the 80 % interval."),
        Column("lo_95", Number, nullable=False, comment="Lower end of the 95 % interval."),
        Column("hi_95", Number, nullable=False, comment="Upper end of the 95 % interval."),
    ]


forecasts = Table(
    "forecasts",
    metadata,
    # No foreign keys, as in `observations`: the origins have them, and no view shows a row without its origin.
    Column("run_id", Id, primary_key=True, comment="Run that made it."),
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("ds", Timestamp, primary_key=True, comment="Step that is forecast."),
    Column("lead", Integer, nullable=False, comment="Steps after the cutoff: 1, 2, ..."),
    *_values(),
    comment="Every forecast ever made; readers see those of published runs.",
    postgresql_partition_by="RANGE (run_id)",
    **KEYED,
)

forecast_origins = Table(
    "forecast_origins",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True, comment="Run."),
    Column("series_id", Id, ForeignKey("series.id"), primary_key=True, comment="Series."),
    Column("cutoff", Timestamp, comment="Last observation that the forecast has seen; none without any."),
    Column("model_id", Id, ForeignKey("models.id"), comment="Model that made it; none if there are no rows."),
    Column(
        "source",
        Text,
        nullable=False,
        comment="champion, baseline, or none: with a cutoff, the series has ended.",
    ),
    Column("reason", Text, nullable=False, comment="Why that source, in words."),
    Column(
        "scale",
        Number,
        comment="Naive error of the series at the cutoff, at least 1 % of its mean size; errors over it are scaled "
        "(MASE).",
    ),
    comment="Where each series' forecast came from, or why it has none.",
    **KEYED,
)

forecast_heads = Table(
    "forecast_heads",
    metadata,
    Column("series_id", Id, ForeignKey("series.id"), primary_key=True, comment="Series."),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False, comment="Run whose forecast is current."),
    comment="Which forecast is current; publishing moves it.",
    **KEYED,
)

backtest_forecasts = Table(
    "backtest_forecasts",
    metadata,
    # No foreign keys, as in `observations`: a backtest of many cutoffs has millions of rows.
    Column("model_id", Id, primary_key=True, comment="Model; its run tells the space, which is the backtest."),
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("cutoff", Timestamp, primary_key=True, comment="Last observation that the forecast has seen."),
    Column("ds", Timestamp, primary_key=True, comment="Step that is forecast."),
    *_values(),
    comment="What models and baselines would have forecast: `tsflow backtest`.",
    **KEYED,
)

with_default_range(forecasts)
