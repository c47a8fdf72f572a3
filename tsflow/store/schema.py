"""The tables: one place that names every column, its unit and its key; `docs/tables.md` is made from it."""

from typing import Any

from sqlalchemy import DDL, Column, ForeignKey, Index, Integer, MetaData, Table, Text, UniqueConstraint, event

from tsflow.store.types import Flag, Id, Json, Number, Timestamp

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)
_KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}
_NUMBERED: dict[str, Any] = {"sqlite_strict": True}

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
    **_KEYED,
)

timezone_offsets = Table(
    "timezone_offsets",
    metadata,
    Column("timezone", Text, primary_key=True, comment="IANA name."),
    Column("starts_at", Timestamp, primary_key=True, comment="From when (UTC) the offset holds."),
    Column("seconds", Integer, nullable=False, comment="Local time minus UTC."),
    comment="Offsets of the pipelines' zones, so that views can show local time on every database.",
    **_KEYED,
)

series = Table(
    "series",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the series."),
    Column("pipeline", Text, nullable=False, comment="Pipeline it belongs to."),
    Column("unique_id", Text, nullable=False, comment="Its name in the source."),
    Column("frequency", Text, nullable=False, comment="Its grid, a pandas alias."),
    Column("attributes", Json, comment="Static attributes."),
    Column("first_ds", Timestamp, comment="First observation."),
    Column("last_ds", Timestamp, comment="Last observation."),
    Column("observations", Integer, nullable=False, server_default="0", comment="Number of observations."),
    Column("ended", Flag, nullable=False, server_default="0", comment="No longer observed, so not forecast."),
    Column("created_at", Timestamp, nullable=False, comment="When it was first seen."),
    UniqueConstraint("pipeline", "unique_id"),
    comment="One row a series.",
    **_NUMBERED,
)

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
    Column("started_at", Timestamp, nullable=False, comment="Start of the last attempt."),
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
    comment="One row a (pipeline, kind, slot, space).",
    **_NUMBERED,
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the alert."),
    Column("pipeline", Text, nullable=False, comment="Pipeline."),
    Column("kind", Text, nullable=False, comment="failed, quarantine, baseline, late, missing or drift."),
    Column("slot", Timestamp, comment="What it is about; of a kind, pipeline and slot one alert is told."),
    Column("message", Text, nullable=False, comment="In words."),
    Column("raised_at", Timestamp, nullable=False, comment="When it was told."),
    comment="What somebody was told.",
    **_NUMBERED,
)

configurations = Table(
    "configurations",
    metadata,
    Column("pipeline", Text, primary_key=True, comment="Pipeline."),
    Column("digest", Text, primary_key=True, comment="Their fingerprint, as in `runs.config_digest`."),
    Column("settings", Json, nullable=False, comment="All settings of the pipeline, secrets masked."),
    Column("first_used_at", Timestamp, nullable=False, comment="Start of the first run that had them."),
    comment="The settings that runs had, so that a past run can be made again.",
    **_KEYED,
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
    **_KEYED,
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
    **_KEYED,
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
    **_KEYED,
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
    comment="What else is known about a step.",
    **_KEYED,
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
    **_KEYED,
)

models = Table(
    "models",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the model."),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False, comment="Retrain that made it."),
    Column("pipeline", Text, nullable=False, comment="Pipeline."),
    Column(
        "architecture",
        Text,
        nullable=False,
        comment="rnn, lstm, gru, cnn, transformer, stage, or a baseline.",
    ),
    Column("role", Text, nullable=False, comment="candidate, refit or baseline."),
    Column("status", Text, nullable=False, comment="trained or failed."),
    Column("configuration", Json, comment="All that is needed to build it again."),
    Column("seed", Integer, comment="Seed of its initial weights and its batches."),
    Column("device", Text, comment="Device it was trained on."),
    Column("trained_until", Timestamp, comment="Last stamp that its weights have seen."),
    Column("parameters", Integer, comment="Number of weights."),
    Column("steps", Integer, comment="Optimiser steps behind the weights that were kept."),
    Column("seconds", Number, comment="Wall time of the training."),
    Column("tune_loss", Number, comment="Scaled pinball loss on the tune zone; lower is better."),
    Column("select_loss", Number, comment="Scaled pinball loss on the select zone; lower is better."),
    Column("curve", Json, comment="Loss by epoch: [[step, fit loss, tune loss], ...]."),
    Column(
        "explanation",
        Json,
        comment="How far back it looks, which lags it leans on, its speed, its error by lead; of the select zone.",
    ),
    Column("artifact_url", Text, comment="Where its weights are."),
    Column("artifact_sha256", Text, comment="Hash of the bytes there."),
    Column("members", Json, comment="Model ids, for an ensemble."),
    Column("error", Text, comment="Why it failed."),
    UniqueConstraint("run_id", "architecture", "role"),
    comment="One row a trained network or baseline.",
    **_NUMBERED,
)

scores = Table(
    "scores",
    metadata,
    # No foreign keys, as in `observations`: `models.score`, the only writer, looks the model up.
    Column("run_id", Id, primary_key=True, comment="Retrain."),
    Column("model_id", Id, primary_key=True, comment="Model."),
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("cutoff", Timestamp, primary_key=True, comment="Last observation that the forecast had seen."),
    Column(
        "metric",
        Text,
        primary_key=True,
        comment="pinball: mean pinball loss over the naive error of the series.",
    ),
    Column("value", Number, nullable=False, comment="Lower is better."),
    comment="The held-out losses that decided.",
    **_KEYED,
)

decisions = Table(
    "decisions",
    metadata,
    Column("id", Id, primary_key=True, comment="Number of the decision."),
    Column("run_id", Id, ForeignKey("runs.id"), comment="Retrain that led to it; none for a rollback."),
    Column("pipeline", Text, nullable=False, comment="Pipeline."),
    Column("space", Text, nullable=False, server_default="live", comment="`live`, or a replay's own."),
    Column("decided_at", Timestamp, nullable=False, comment="When."),
    Column("slot", Timestamp, comment="The slot it was made for; the champion's age counts from it."),
    Column("outcome", Text, nullable=False, comment="promoted, renewed, baseline or rolled back."),
    Column("model_id", Id, ForeignKey("models.id"), comment="The champion after it."),
    Column("previous_model_id", Id, ForeignKey("models.id"), comment="The champion before it."),
    Column("candidates", Json, comment="Every candidate and baseline with its losses."),
    Column("protocol", Json, comment="Zones, cutoffs and pairs it was decided on."),
    Column("margin", Number, comment="Margin that was asked for."),
    Column("calibration", Json, comment="Conformal corrections of the champion's quantiles."),
    Column("reason", Text, nullable=False, comment="Why, in words."),
    Column("promise", Json, comment="Errors by lead and coverage of the champion on the select pairs."),
    UniqueConstraint("run_id"),
    comment="How each champion came to be one.",
    **_NUMBERED,
)

champion_aliases = Table(
    "champion_aliases",
    metadata,
    Column("pipeline", Text, primary_key=True, comment="Pipeline."),
    Column("space", Text, primary_key=True, comment="`live`, or a replay's own."),
    Column("model_id", Id, ForeignKey("models.id"), nullable=False, comment="The model that forecasts."),
    Column("decision_id", Id, ForeignKey("decisions.id"), nullable=False, comment="The decision behind it."),
    comment="The alias that a decision moves.",
    **_KEYED,
)

forecasts = Table(
    "forecasts",
    metadata,
    # No foreign keys, as in `observations`: the origins have them, and no view shows a row without its origin.
    Column("run_id", Id, primary_key=True, comment="Run that made it."),
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("ds", Timestamp, primary_key=True, comment="Step that is forecast."),
    Column("lead", Integer, nullable=False, comment="Steps after the cutoff: 1, 2, ..."),
    Column("y_hat", Number, nullable=False, comment="Median, in the unit of y."),
    Column("lo_80", Number, nullable=False, comment="Lower end of the 80 % interval."),
    Column("hi_80", Number, nullable=False, comment="Upper end of the 80 % interval."),
    Column("lo_95", Number, nullable=False, comment="Lower end of the 95 % interval."),
    Column("hi_95", Number, nullable=False, comment="Upper end of the 95 % interval."),
    comment="Every forecast ever made; readers see those of published runs.",
    postgresql_partition_by="RANGE (run_id)",
    **_KEYED,
)

forecast_origins = Table(
    "forecast_origins",
    metadata,
    Column("run_id", Id, ForeignKey("runs.id"), primary_key=True, comment="Run."),
    Column("series_id", Id, ForeignKey("series.id"), primary_key=True, comment="Series."),
    Column("cutoff", Timestamp, comment="Last observation that the forecast has seen; none without any."),
    Column("model_id", Id, ForeignKey("models.id"), comment="Model that made it; none if there are no rows."),
    Column(
        "source",
        Text,
        nullable=False,
        comment="champion, baseline, or none: with a cutoff, the series has ended.",
    ),
    Column("reason", Text, nullable=False, comment="Why that source, in words."),
    Column("scale", Number, comment="Naive error of the series at the cutoff; errors over it are scaled (MASE)."),
    comment="Where each series' forecast came from, or why it has none.",
    **_KEYED,
)

backtest_forecasts = Table(
    "backtest_forecasts",
    metadata,
    # No foreign keys, as in `observations`: a backtest of many cutoffs has millions of rows.
    Column("model_id", Id, primary_key=True, comment="Model; its run tells the space, which is the backtest."),
    Column("series_id", Id, primary_key=True, comment="Series."),
    Column("cutoff", Timestamp, primary_key=True, comment="Last observation that the forecast has seen."),
    Column("ds", Timestamp, primary_key=True, comment="Step that is forecast."),
    Column("y_hat", Number, nullable=False, comment="Median, in the unit of y."),
    Column("lo_80", Number, nullable=False, comment="Lower end of the 80 % interval."),
    Column("hi_80", Number, nullable=False, comment="Upper end of the 80 % interval."),
    Column("lo_95", Number, nullable=False, comment="Lower end of the 95 % interval."),
    Column("hi_95", Number, nullable=False, comment="Upper end of the 95 % interval."),
    comment="What models and baselines would have forecast: `tsflow backtest`.",
    **_KEYED,
)

forecast_heads = Table(
    "forecast_heads",
    metadata,
    Column("series_id", Id, ForeignKey("series.id"), primary_key=True, comment="Series."),
    Column("run_id", Id, ForeignKey("runs.id"), nullable=False, comment="Run whose forecast is current."),
    comment="Which forecast is current; publishing moves it.",
    **_KEYED,
)

forecast_scores = Table(
    "forecast_scores",
    metadata,
    # No foreign keys, as in `forecasts`: scores outlive the forecasts that they are of.
    Column("run_id", Id, primary_key=True, comment="Forecast run."),
    Column("source", Text, primary_key=True, comment="champion or baseline."),
    Column("lead", Integer, primary_key=True, comment="Steps after the cutoff: 1, 2, ..."),
    Column("steps", Integer, nullable=False, comment="Series whose value has come true."),
    Column("error", Number, comment="Mean absolute scaled error of these; lower is better."),
    Column("bias", Number, comment="Mean scaled error; above 0, the forecasts were too high."),
    Column("coverage_80", Number, nullable=False, comment="Share within the 80 % interval."),
    Column("coverage_95", Number, nullable=False, comment="Share within the 95 % interval."),
    Column("scored_at", Timestamp, nullable=False, comment="When."),
    comment="How each published forecast turned out, by lead; kept when the forecast itself is pruned.",
    **_KEYED,
)

drift_checks = Table(
    "drift_checks",
    metadata,
    Column("run_id", Id, primary_key=True, comment="Forecast run of the slot after which it was asked."),
    Column("runs", Integer, nullable=False, comment="Forecast runs that came true and were tested together."),
    Column("reference", Integer, nullable=False, comment="Cutoffs and earlier runs that they were compared with."),
    Column("ratio", Number, comment="Error of these runs over the promised one: 1.0 keeps the promise."),
    Column("growth", Number, comment="The same over that of the reference."),
    Column("p_value", Number, comment="Of such ratios without drift; none where there are too few."),
    Column("bias", Number, comment="Mean scaled error of these runs."),
    Column("coverage_80", Number, comment="Share within the 80 % interval."),
    Column("coverage_95", Number, comment="Share within the 95 % interval."),
    Column("drifted", Flag, nullable=False, comment="Surely and by much: the next slot retrains."),
    Column("reason", Text, nullable=False, comment="What was found, in words."),
    Column("checked_at", Timestamp, nullable=False, comment="When."),
    comment="After each slot: whether live errors are still those that the select pairs promised.",
    **_KEYED,
)

Index(None, alerts.c.pipeline, alerts.c.kind, alerts.c.slot)
Index(None, series.c.pipeline, series.c.ended)
Index(None, models.c.pipeline, models.c.run_id)
Index(None, decisions.c.pipeline, decisions.c.space, decisions.c.id)
Index(None, quarantine.c.pipeline, quarantine.c.resolved_at)

for _table in (forecasts, observations):  # no row is ever without a place; `partitions` makes the ranges
    _default: DDL = DDL("CREATE TABLE %(table)s_default PARTITION OF %(table)s DEFAULT")  # type: ignore[no-untyped-call]
    event.listen(_table, "after_create", _default.execute_if(dialect="postgresql"))
