"""Which channels an alert has not reached."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Json

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("alerts", sa.Column("unheard", Json(), nullable=False, server_default="[]"))
