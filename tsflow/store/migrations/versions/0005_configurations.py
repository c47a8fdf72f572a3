"""The settings that runs had, so that a past forecast can be made again."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Json, Timestamp

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "configurations",
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("settings", Json(), nullable=False),
        sa.Column("first_used_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("pipeline", "digest", name="pk_configurations"),
        sqlite_strict=True,
        sqlite_with_rowid=False,
    )
