"""What all tables share: how constraints are named, kinds of key, ranges."""

from typing import Any

from sqlalchemy import DDL, MetaData, Table, event

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
"""Options of a table whose rows are found by the whole key."""
NUMBERED: dict[str, Any] = {"sqlite_strict": True}
"""Options of a table whose rows are numbered."""


def with_default_range(table: Table) -> None:
    """Give a partitioned table its default partition: no row is ever without a place; `partitions` makes the ranges."""
    make: DDL = DDL("CREATE TABLE %(table)s_default PARTITION OF %(table)s DEFAULT")  # type: ignore[no-untyped-call]
    event.listen(table, "after_create", make.execute_if(dialect="postgresql"))
