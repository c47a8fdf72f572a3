"""Range partitions of `forecasts` and `observations` on PostgreSQL; the table there becomes the first range."""

from alembic import op

revision = "0002"
down_revision = "0001"

KEYS = {"forecasts": ("run_id", "series_id", "ds"), "observations": ("series_id", "ds")}


def upgrade() -> None:
    if op.get_bind().dialect.name == "sqlite":
        return
    for table in KEYS:
        _partition(table)


def _partition(table: str) -> None:
    """No row is copied: the old table is attached, which reads it once."""
    first, before = KEYS[table][0], f"{table}_0"
    op.execute(f"ALTER TABLE {table} RENAME TO {before}")
    op.execute(f"ALTER TABLE {before} RENAME CONSTRAINT pk_{table} TO {before}_pkey")
    op.execute(
        f"CREATE TABLE {table} (LIKE {before} INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE ({first})"
    )
    op.execute(f"ALTER TABLE {table} ADD CONSTRAINT pk_{table} PRIMARY KEY ({', '.join(KEYS[table])})")
    op.execute(f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT")
    end = op.get_bind().exec_driver_sql(f"SELECT max({first}) + 1 FROM {before}").scalar()
    if end is None:
        op.execute(f"DROP TABLE {before}")
    else:
        op.execute(f"ALTER TABLE {table} ATTACH PARTITION {before} FOR VALUES FROM (0) TO ({end})")
