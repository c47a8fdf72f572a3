"""How published forecasts turned out, and whether that was promised."""

from sqlalchemy import Column, Integer, Table, Text

from tsflow.store.schema.base import KEYED, metadata
from tsflow.store.types import Flag, Id, Number, Timestamp

forecast_scores = Table(
    "forecast_scores",
    metadata,
    # No foreign keys, as in `forecasts`: scores outlive the forecasts that they are of.
    Column("run_id", Id, primary_key=True, comment="Forecast run."),
    Column("source", Text, primary_key=True, comment="champion or baseline."),
    Column("lead", Integer, primary_key=True, comment="Steps after the cutoff: 1, 2, ..."),
    Column("steps", Integer, nullable=False, comment="Series whose value has come true."),
    Column("error", Number, comment="Mean absolute scaled error of these; lower is better."),
    Column("bias", Number, comment="Mean scaled error; above 0, the forecasts were too high."),
    Column("coverage_80", Number, nullable=False, comment="Share within the 80 % interval."),
    Column("coverage_95", Number, nullable=False, comment="Share within the 95 % interval."),
    Column("scored_at", Timestamp, nullable=False, comment="When."),
    comment="How each published forecast turned out, by lead; kept when the forecast itself is pruned.",
    **KEYED,
)

drift_checks = Table(
    "drift_checks",
    metadata,
    Column("run_id", Id, primary_key=True, comment="Forecast run of the slot after which it was asked."),
    Column("runs", Integer, nullable=False, comment="Forecast runs that came true and were tested together."),
    Column("reference", Integer, nullable=False, comment="Cutoffs and earlier runs that they were compared with."),
    Column("ratio", Number, comment="Error of these runs over the promised one: 1.0 keeps the promise."),
    Column("growth", Number, comment="The same over that of the reference."),
    Column("p_value", Number, comment="Of such ratios without drift; none where there are too few."),
    Column("bias", Number, comment="Mean scaled error of these runs."),
    Column("coverage_80", Number, comment="Share within the 80 % interval."),
    Column("coverage_95", Number, comment="Share within the 95 % interval."),
    Column("drifted", Flag, nullable=False, comment="Surely and by much: the next slot retrains."),
    Column("reason", Text, nullable=False, comment="What was found, in words."),
    Column("checked_at", Timestamp, nullable=False, comment="When."),
    comment="After each slot: whether live errors are still those that the select pairs promised.",
    **KEYED,
)
