"""Every table, from nothing."""

import sqlalchemy as sa
from alembic import op

from tsflow.store.types import Flag, Id, Json, Number, Timestamp

revision = "0001"
down_revision = None

KEYED = {"sqlite_strict": True, "sqlite_with_rowid": False}
NUMBERED = {"sqlite_strict": True}


def upgrade() -> None:
    _settings()
    _runs()
    _series()
    _models()
    _decisions()
    _forecasts()


def _settings() -> None:
    op.create_table(
        "pipelines",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("season_length", sa.Integer(), nullable=False),
        sa.Column("horizon", sa.Integer(), nullable=False),
        sa.Column("calendar", Flag(), nullable=False),
        sa.Column("step_seconds", Number, nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("clock", sa.Text(), nullable=False),
        sa.Column("schedule", sa.Text()),
        sa.Column("updated_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_pipelines"),
        **KEYED,
    )
    op.create_table(
        "timezone_offsets",
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("starts_at", Timestamp(), nullable=False),
        sa.Column("seconds", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("timezone", "starts_at", name="pk_timezone_offsets"),
        **KEYED,
    )
    op.create_table(
        "leases",
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("token", Id, nullable=False),
        sa.Column("holder", sa.Text()),
        sa.Column("expires_at", Timestamp()),
        sa.PrimaryKeyConstraint("pipeline", "space", name="pk_leases"),
        **KEYED,
    )


def _runs() -> None:
    op.create_table(
        "runs",
        sa.Column("id", Id, nullable=False),
        sa.Column("uuid", sa.Text(), nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("slot", Timestamp(), nullable=False),
        sa.Column("space", sa.Text(), server_default="live", nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="1", nullable=False),
        sa.Column("redo", sa.Integer(), server_default="0", nullable=False),
        sa.Column("started_at", Timestamp(), nullable=False),
        sa.Column("finished_at", Timestamp()),
        sa.Column("published_at", Timestamp()),
        sa.Column("data_as_of", Timestamp()),
        sa.Column("config_digest", sa.Text()),
        sa.Column("data_digest", sa.Text()),
        sa.Column("code_version", sa.Text()),
        sa.Column("device", sa.Text()),
        sa.Column("prefect_run_id", sa.Text()),
        sa.Column("report", Json()),
        sa.Column("error", sa.Text()),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("pipeline", "kind", "slot", "space", "redo", name="uq_runs_pipeline_kind_slot_space_redo"),
        sa.UniqueConstraint("uuid", name="uq_runs_uuid"),
        **NUMBERED,
    )


def _series() -> None:
    op.create_table(
        "series",
        sa.Column("id", Id, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("unique_id", sa.Text(), nullable=False),
        sa.Column("frequency", sa.Text(), nullable=False),
        sa.Column("attributes", Json()),
        sa.Column("first_ds", Timestamp()),
        sa.Column("last_ds", Timestamp()),
        sa.Column("observations", sa.Integer(), server_default="0", nullable=False),
        sa.Column("ended", Flag(), server_default="0", nullable=False),
        sa.Column("created_at", Timestamp(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_series"),
        sa.UniqueConstraint("pipeline", "unique_id", name="uq_series_pipeline_unique_id"),
        **NUMBERED,
    )
    op.create_index("ix_series_pipeline_ended", "series", ["pipeline", "ended"])
    op.create_table(
        "observations",
        sa.Column("series_id", Id, nullable=False),
        sa.Column("ds", Timestamp(), nullable=False),
        sa.Column("y", Number, nullable=False),
        sa.Column("recorded_at", Timestamp(), nullable=False),
        sa.Column("available_at", Timestamp(), nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("series_id", "ds", name="pk_observations"),
        **KEYED,
    )
    op.create_table(
        "observation_revisions",
        sa.Column("series_id", Id, nullable=False),
        sa.Column("ds", Timestamp(), nullable=False),
        sa.Column("replaced_at", Timestamp(), nullable=False),
        sa.Column("y", Number, nullable=False),
        sa.Column("recorded_at", Timestamp(), nullable=False),
        sa.Column("available_at", Timestamp(), nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.PrimaryKeyConstraint("series_id", "ds", "replaced_at", name="pk_observation_revisions"),
        **KEYED,
    )
    op.create_table(
        "covariates",
        sa.Column("series_id", Id, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("ds", Timestamp(), nullable=False),
        sa.Column("issued_at", Timestamp(), nullable=False),
        sa.Column("value", Number, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_covariates_run_id_runs"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_covariates_series_id_series"),
        sa.PrimaryKeyConstraint("series_id", "name", "ds", "issued_at", name="pk_covariates"),
        **KEYED,
    )
    op.create_table(
        "quarantine",
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.Text(), nullable=False),
        sa.Column("unique_id", sa.Text()),
        sa.Column("ds", sa.Text()),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("failed_check", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("first_seen", Timestamp(), nullable=False),
        sa.Column("last_seen", Timestamp(), nullable=False),
        sa.Column("resolved_at", Timestamp()),
        sa.Column("run_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_quarantine_run_id_runs"),
        sa.PrimaryKeyConstraint("pipeline", "source", "fingerprint", name="pk_quarantine"),
        **KEYED,
    )
    op.create_index("ix_quarantine_pipeline_resolved_at", "quarantine", ["pipeline", "resolved_at"])


def _models() -> None:
    op.create_table(
        "models",
        sa.Column("id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("architecture", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("configuration", Json()),
        sa.Column("seed", sa.Integer()),
        sa.Column("device", sa.Text()),
        sa.Column("trained_until", Timestamp()),
        sa.Column("parameters", sa.Integer()),
        sa.Column("steps", sa.Integer()),
        sa.Column("seconds", Number),
        sa.Column("tune_loss", Number),
        sa.Column("select_loss", Number),
        sa.Column("curve", Json()),
        sa.Column("artifact_url", sa.Text()),
        sa.Column("artifact_sha256", sa.Text()),
        sa.Column("members", Json()),
        sa.Column("error", sa.Text()),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_models_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_models"),
        sa.UniqueConstraint("run_id", "architecture", "role", name="uq_models_run_id_architecture_role"),
        **NUMBERED,
    )
    op.create_index("ix_models_pipeline_run_id", "models", ["pipeline", "run_id"])
    op.create_table(
        "scores",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("model_id", Id, nullable=False),
        sa.Column("series_id", Id, nullable=False),
        sa.Column("cutoff", Timestamp(), nullable=False),
        sa.Column("metric", sa.Text(), nullable=False),
        sa.Column("value", Number, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "model_id", "series_id", "cutoff", "metric", name="pk_scores"),
        **KEYED,
    )


def _decisions() -> None:
    op.create_table(
        "decisions",
        sa.Column("id", Id, nullable=False),
        sa.Column("run_id", Id),
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), server_default="live", nullable=False),
        sa.Column("decided_at", Timestamp(), nullable=False),
        sa.Column("slot", Timestamp()),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("model_id", Id),
        sa.Column("previous_model_id", Id),
        sa.Column("candidates", Json()),
        sa.Column("protocol", Json()),
        sa.Column("margin", Number),
        sa.Column("calibration", Json()),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_decisions_model_id_models"),
        sa.ForeignKeyConstraint(["previous_model_id"], ["models.id"], name="fk_decisions_previous_model_id_models"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_decisions_run_id_runs"),
        sa.PrimaryKeyConstraint("id", name="pk_decisions"),
        sa.UniqueConstraint("run_id", name="uq_decisions_run_id"),
        **NUMBERED,
    )
    op.create_index("ix_decisions_pipeline_space_id", "decisions", ["pipeline", "space", "id"])
    op.create_table(
        "champion_aliases",
        sa.Column("pipeline", sa.Text(), nullable=False),
        sa.Column("space", sa.Text(), nullable=False),
        sa.Column("model_id", Id, nullable=False),
        sa.Column("decision_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["decision_id"], ["decisions.id"], name="fk_champion_aliases_decision_id_decisions"),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_champion_aliases_model_id_models"),
        sa.PrimaryKeyConstraint("pipeline", "space", name="pk_champion_aliases"),
        **KEYED,
    )


def _forecasts() -> None:
    op.create_table(
        "forecasts",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("series_id", Id, nullable=False),
        sa.Column("ds", Timestamp(), nullable=False),
        sa.Column("lead", sa.Integer(), nullable=False),
        sa.Column("y_hat", Number, nullable=False),
        sa.Column("lo_80", Number, nullable=False),
        sa.Column("hi_80", Number, nullable=False),
        sa.Column("lo_95", Number, nullable=False),
        sa.Column("hi_95", Number, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "series_id", "ds", name="pk_forecasts"),
        **KEYED,
    )
    op.create_table(
        "forecast_origins",
        sa.Column("run_id", Id, nullable=False),
        sa.Column("series_id", Id, nullable=False),
        sa.Column("cutoff", Timestamp()),
        sa.Column("model_id", Id),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["model_id"], ["models.id"], name="fk_forecast_origins_model_id_models"),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_forecast_origins_run_id_runs"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_forecast_origins_series_id_series"),
        sa.PrimaryKeyConstraint("run_id", "series_id", name="pk_forecast_origins"),
        **KEYED,
    )
    op.create_table(
        "forecast_heads",
        sa.Column("series_id", Id, nullable=False),
        sa.Column("run_id", Id, nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name="fk_forecast_heads_run_id_runs"),
        sa.ForeignKeyConstraint(["series_id"], ["series.id"], name="fk_forecast_heads_series_id_series"),
        sa.PrimaryKeyConstraint("series_id", name="pk_forecast_heads"),
        **KEYED,
    )
