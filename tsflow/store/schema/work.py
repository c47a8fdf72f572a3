"""Runs, who may write now, and what somebody was told."""

from sqlalchemy import Column, Index, Integer, Table, Text, UniqueConstraint

from tsflow.store.schema.base import KEYED, NUMBERED, metadata
from tsflow.store.types import Id, Json, Timestamp

runs = Table(
    "runs",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the run; ascends with the start."),
    Column("uuid", Text, nullable=False, unique=True, comment="Name of the run outside this database."),
    Column("pipeline", Text, nullable=False, comment="Pipeline it works for."),
    Column("kind", Text, nullable=False, comment="ingest, retrain or forecast."),
    Column("slot", Timestamp, nullable=False, comment="The time the run is for; forecasts are issued at it."),
    Column("space", Text, nullable=False, server_default="live", comment="`live`, or a replay's own."),
    Column("status", Text, nullable=False, comment="running, succeeded, failed or skipped."),
    Column("attempt", Integer, nullable=False, server_default="1", comment="A retry of a slot reuses its row."),
    Column(
        "redo",
        Integer,
        nullable=False,
        server_default="0",
        comment="How often the slot had been done before it was done again on purpose.",
    ),
    Column("started_at", Timestamp, nullable=False, comment="When the slot was opened for the last attempt."),
    Column("finished_at", Timestamp, comment="End of the last attempt."),
    Column("published_at", Timestamp, comment="When its forecasts became visible."),
    Column("data_as_of", Timestamp, comment="It read what had been recorded by then; an ingest: recorded it then."),
    Column("known_at", Timestamp, comment="Of that, only what could be known by then; none: all."),
    Column("config_digest", Text, comment="Fingerprint of the pipeline's settings."),
    Column("data_digest", Text, comment="Fingerprint of the data it read."),
    Column("code_version", Text, comment="Version of tsflow."),
    Column("device", Text, comment="Device it computed on."),
    Column("prefect_run_id", Text, comment="Flow run, if it ran in one."),
    Column("report", Json, comment="What it found: the quality report of an ingest, the plan of a retrain."),
    Column("error", Text, comment="Why it failed or was skipped."),
    UniqueConstraint("pipeline", "kind", "slot", "space", "redo"),
    comment="One row per (pipeline, kind, slot, space).",
    **NUMBERED,
)

leases = Table(
    "leases",
    metadata,
    Column("pipeline", Text, primary_key=True, comment="Pipeline."),
    Column("space", Text, primary_key=True, comment="`live`, or a replay's own."),
    Column("token", Id, nullable=False, comment="Grows by one with each holder; every write compares it."),
    Column("holder", Text, comment="Who holds it: host, process, flow run. None when free."),
    Column("expires_at", Timestamp, comment="By the database's clock; free after that."),
    comment="Who may write for a pipeline now.",
    **KEYED,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the alert."),
    Column("pipeline", Text, nullable=False, comment="Pipeline."),
    Column("kind", Text, nullable=False, comment="failed, quarantine, baseline, late, missing or drift."),
    Column("slot", Timestamp, comment="What it is about; of a kind, pipeline and slot one alert is told."),
    Column("message", Text, nullable=False, comment="In words."),
    Column("raised_at", Timestamp, nullable=False, comment="When it was first told."),
    Column("unheard", Json, nullable=False, server_default="[]", comment="Channels that it has not reached yet."),
    comment="What somebody was told.",
    **NUMBERED,
)

Index(None, alerts.c.pipeline, alerts.c.kind, alerts.c.slot)
