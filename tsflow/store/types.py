"""Column types that read the same on SQLite (whose STRICT tables know five types) and PostgreSQL."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import REAL, BigInteger, Boolean, DateTime, Dialect, Double, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeDecorator, TypeEngine

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECONDS_TO_2000 = 946_684_800_000_000
"""From 1970, from which numpy counts, to where PostgreSQL's binary timestamps begin."""

Id = BigInteger().with_variant(Integer, "sqlite")
"""A 64-bit number; as a primary key, numbered by the database."""

Number: TypeEngine[float] = Double().with_variant(REAL, "sqlite")
"""A 64-bit float."""


class Timestamp(TypeDecorator[datetime]):
    """A moment in UTC, to the microsecond; takes and returns aware datetimes.

    PostgreSQL keeps a ``timestamp`` (no zone, so that no client shifts a calendar date), SQLite an integer of
    microseconds since 1970, which sorts, compares and indexes as fast as any number.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in the database."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else DateTime(timezone=False))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        """From an aware datetime."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} has no time zone; tsflow's moments are aware")
        utc = value.astimezone(UTC)
        return (utc - _EPOCH) // timedelta(microseconds=1) if dialect.name == "sqlite" else utc.replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        """To an aware datetime."""
        if value is None:
            return None
        return _EPOCH + timedelta(microseconds=value) if dialect.name == "sqlite" else value.replace(tzinfo=UTC)


class Flag(TypeDecorator[bool]):
    """True or false; SQLite's STRICT tables keep 1 or 0."""

    impl = Boolean
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in the database."""
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_result_value(self, value: Any, dialect: Dialect) -> bool | None:  # noqa: ARG002  # SQLAlchemy's
        """To a bool."""
        return None if value is None else bool(value)


class Json(TypeDecorator[Any]):
    """A JSON document: ``jsonb`` on PostgreSQL, text (for SQLite's JSON functions) on SQLite."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """The type in the database."""
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        """From plain Python values; NaN is refused."""
        if value is None or dialect.name != "sqlite":
            return value
        return json.dumps(value, allow_nan=False)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """To plain Python values."""
        return json.loads(value) if value is not None and dialect.name == "sqlite" else value
