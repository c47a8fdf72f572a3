"""Runs of past slots: what they could know."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Timestamp

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("runs", sa.Column("known_at", Timestamp()))
