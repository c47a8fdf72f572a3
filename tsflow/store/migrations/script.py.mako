"""${message}.

Revises: ${down_revision | comma,n}
"""

import sqlalchemy as sa
from alembic import op
${imports if imports else ""}
revision = ${repr(up_revision)}
down_revision = ${repr(down_revision)}


def upgrade() -> None:
    # Batch mode rebuilds a SQLite table and forgets: give table_kwargs={"sqlite_strict": True} again.
    ${upgrades if upgrades else "pass"}
