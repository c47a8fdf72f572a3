"""Monitoring: how published forecasts turned out, beside what was promised of them."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Flag, Id, Json, Number, Timestamp

revision = "0006"
down_revision = "0005"

KEYED = {"sqlite_strict": True, "sqlite_with_rowid": False}


def upgrade() -> None:
    op.add_column("decisions", sa.Column("promise", Json()))
    op.add_column("forecast_origins", sa.Column("scale", Number))
    op.create_table(
        "forecast_scores",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("lead", sa.Integer(), nullable=False),
        sa.Column("steps", sa.Integer(), nullable=False),
        sa.Column("error", Number),
        sa.Column("bias", Number),
        sa.Column("coverage_80", Number, nullable=False),
        sa.Column("coverage_95", Number, nullable=False),
        sa.Column("scored_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", "source", "lead", name="pk_forecast_scores"),
        **KEYED,
    )
    op.create_table(
        "drift_checks",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("runs", sa.Integer(), nullable=False),
        sa.Column("reference", sa.Integer(), nullable=False),
        sa.Column("ratio", Number),
        sa.Column("growth", Number),
        sa.Column("p_value", Number),
        sa.Column("bias", Number),
        sa.Column("coverage_80", Number),
        sa.Column("coverage_95", Number),
        sa.Column("drifted", Flag(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("checked_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("run_id", name="pk_drift_checks"),
        **KEYED,
    )
