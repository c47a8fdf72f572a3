"""Alerts that were told; when a pipeline's next slot is due."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Id, Number, Timestamp

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "alerts",
        sa.Column("id", Id, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slot", Timestamp()),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("raised_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_alerts"),
        sqlite_strict=True,
    )
    op.create_index("ix_alerts_pipeline_kind_slot", "alerts", ["pipeline", "kind", "slot"])
    op.add_column("pipelines", sa.Column("late_after", Number, nullable=False, server_default="1800"))
    op.add_column("pipelines", sa.Column("due_at", Timestamp()))
