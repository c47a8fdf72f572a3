"""What each model leans on."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Json

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column("models", sa.Column("explanation", Json()))
