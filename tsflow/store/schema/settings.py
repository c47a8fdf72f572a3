"""What runs and views need to know of the pipelines' settings."""

from sqlalchemy import Column, Integer, Table, Text

from tsflow.store.schema.base import KEYED, metadata
from tsflow.store.types import Flag, Json, Number, Timestamp

pipelines = Table(
    "pipelines",
    metadata,
    Column("name", Text, primary_key=True, comment="Name in tsflow.yaml."),
    Column("frequency", Text, nullable=False, comment="Grid of its series, a pandas alias."),
    Column("season_length", Integer, nullable=False, comment="Steps in a season."),
    Column("horizon", Integer, nullable=False, comment="Steps forecast."),
    Column(
        "calendar",
        Flag,
        nullable=False,
        comment="A step is a day or longer: stamps are dates, never shifted.",
    ),
    Column("step_seconds", Number, nullable=False, comment="Mean length of a step."),
    Column("timezone", Text, nullable=False, comment="Zone of the local columns."),
    Column("clock", Text, nullable=False, comment="wall, or data: now is one step after the last observation."),
    Column("schedule", Text, comment="Cron expression, iCalendar rule or seconds, if scheduled."),
    Column("updated_at", Timestamp, nullable=False, comment="When these settings were last seen to change."),
    Column("late_after", Number, nullable=False, server_default="1800", comment="Seconds that a forecast may take."),
    Column("due_at", Timestamp, comment="When the next slot is due by the schedule; none without, or on `data` time."),
    comment="What the readers' views need of each pipeline's settings.",
    **KEYED,
)

timezone_offsets = Table(
    "timezone_offsets",
    metadata,
    Column("timezone", Text, primary_key=True, comment="IANA name."),
    Column("starts_at", Timestamp, primary_key=True, comment="From when (UTC) the offset holds."),
    Column("seconds", Integer, nullable=False, comment="Local time minus UTC."),
    comment="Offsets of the pipelines' zones, so that views can show local time on every database.",
    **KEYED,
)

configurations = Table(
    "configurations",
    metadata,
    Column("pipeline", Text, primary_key=True, comment="Pipeline."),
    Column("digest", Text, primary_key=True, comment="Their fingerprint, as in `runs.config_digest`."),
    Column("settings", Json, nullable=False, comment="All settings of the pipeline, secrets masked."),
    Column("first_used_at", Timestamp, nullable=False, comment="Start of the first run that had them."),
    comment="The settings that runs had, so that a past run can be made again.",
    **KEYED,
)
