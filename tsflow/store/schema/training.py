"""Models, their held-out scores, and the decisions between them."""

from sqlalchemy import Column, ForeignKey, Index, Integer, Table, Text, UniqueConstraint

from tsflow.store.schema.base import KEYED, NUMBERED, metadata
from tsflow.store.types import Id, Json, Number, Timestamp

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
    comment="One row per trained network or baseline.",
    **NUMBERED,
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
    **KEYED,
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
    **NUMBERED,
)

champion_aliases = Table(
    "champion_aliases",
    metadata,
    Column("pipeline", Text, primary_key=True, comment="Pipeline."),
    Column("space", Text, primary_key=True, comment="`live`, or a replay's own."),
    Column("model_id", Id, ForeignKey("models.id"), nullable=False, comment="The model that forecasts."),
    Column("decision_id", Id, ForeignKey("decisions.id"), nullable=False, comment="The decision behind it."),
    comment="The alias that a decision moves.",
    **KEYED,
)

Index(None, models.c.pipeline, models.c.run_id)
Index(None, decisions.c.pipeline, decisions.c.space, decisions.c.id)
