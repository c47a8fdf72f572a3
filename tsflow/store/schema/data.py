"""The series, their values as they are known now and were before, and the rows that were refused."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from tsflow.store.schema.base import KEYED, NUMBERED, metadata, with_default_range
from tsflow.store.types import Flag, Id, Json, Number, Timestamp

series = Table(
    "series",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the series."),
    Column("pipeline", Text, nullable=False, comment="Pipeline it belongs to."),
    Column("unique_id", Text, nullable=False, comment="Its name in the source."),
    Column("frequency", Text, nullable=False, comment="Its grid, a pandas alias."),
    Column("attributes", Json, comment="Static attributes; reserved, nothing writes them yet."),
    Column("first_ds", Timestamp, comment="First observation."),
    Column("last_ds", Timestamp, comment="Last observation."),
    Column("observations", Integer, nullable=False, server_default="0", comment="Number of observations."),
    Column("ended", Flag, nullable=False, server_default="0", comment="No longer observed, so not forecast."),
    Column("created_at", Timestamp, nullable=False, comment="When it was first seen."),
    UniqueConstraint("pipeline", "unique_id"),
    comment="One row per series.",
    **NUMBERED,
)

observations = Table(
    "observations",
    metadata,
    # No foreign keys: each costs PostgreSQL 7 us a row (a third of a load's speed), and only `merge` writes.
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("ds", Timestamp, primary_key=True, comment="Stamp (UTC; a date for a day and longer)."),
    Column("y", Number, nullable=False, comment="Value, in the source's unit."),
    Column("recorded_at", Timestamp, nullable=False, comment="When it was stored here."),
    Column("available_at", Timestamp, nullable=False, comment="When it could be known."),
    Column("run_id", Id, nullable=False, comment="Ingest that stored it."),
    comment="The series' values as they are known now.",
    postgresql_partition_by="RANGE (series_id)",
    **KEYED,
)

observation_revisions = Table(
    "observation_revisions",
    metadata,
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("ds", Timestamp, primary_key=True, comment="Stamp."),
    Column("replaced_at", Timestamp, primary_key=True, comment="When the value stopped being current."),
    Column("y", Number, nullable=False, comment="Value until then."),
    Column("recorded_at", Timestamp, nullable=False, comment="When it had been stored."),
    Column("available_at", Timestamp, nullable=False, comment="When it could be known."),
    Column("run_id", Id, nullable=False, comment="Ingest that had stored it."),
    comment="Values that a later ingest replaced; with them any past state can be read.",
    **KEYED,
)

covariates = Table(
    "covariates",
    metadata,
    Column("series_id", Id, ForeignKey("series.id"), primary_key=True, comment="Series."),
    Column("name", Text, primary_key=True, comment="Name of the covariate."),
    Column("ds", Timestamp, primary_key=True, comment="Stamp it is about."),
    Column(
        "issued_at",
        Timestamp,
        primary_key=True,
        comment="When it was known; a forecast of it has an earlier one.",
    ),
    Column("value", Number, nullable=False, comment="Value."),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False, comment="Ingest that stored it."),
    comment="What else is known about a step; reserved, nothing writes it yet.",
    **KEYED,
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("pipeline", Text, primary_key=True, comment="Pipeline."),
    Column("source", Text, primary_key=True, comment="Where the row came from."),
    Column("fingerprint", Text, primary_key=True, comment="Hash of the raw row."),
    Column("unique_id", Text, comment="Series it names, if it names one."),
    Column("ds", Text, comment="Timestamp as it was written."),
    Column("raw", Text, nullable=False, comment="The row as it was read, as JSON."),
    Column("failed_check", Text, nullable=False, comment="Name of the check it failed."),
    Column("reason", Text, nullable=False, comment="Why, in words."),
    Column("first_seen", Timestamp, nullable=False, comment="First ingest that met it."),
    Column("last_seen", Timestamp, nullable=False, comment="Last ingest that met it."),
    Column("resolved_at", Timestamp, comment="When it was mended, or gone from a source that is read whole."),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False, comment="Last ingest that met it."),
    comment="Rows that were refused, with the reason.",
    **KEYED,
)

Index(None, series.c.pipeline, series.c.ended)
Index(None, quarantine.c.pipeline, quarantine.c.resolved_at)

with_default_range(observations)
