"""Forecasts of backtests."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Id, Number, Timestamp

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "backtest_forecasts",
        sa.Column("model_id", Id, nullable=False),
        sa.Column("series_id", Id, nullable=False),
        sa.Column("cutoff", Timestamp(), nullable=False),
        sa.Column("ds", Timestamp(), nullable=False),
        sa.Column("y_hat", Number, nullable=False),
        sa.Column("lo_80", Number, nullable=False),
        sa.Column("hi_80", Number, nullable=False),
        sa.Column("lo_95", Number, nullable=False),
        sa.Column("hi_95", Number, nullable=False),
        sa.PrimaryKeyConstraint("model_id", "series_id", "cutoff", "ds", name="pk_backtest_forecasts"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
