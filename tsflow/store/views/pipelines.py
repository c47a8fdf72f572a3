"""Views on pipelines: their models, the quality of their data, and whether they are well."""

from tsflow.store.views.view import Sql, View


def leaderboard(sql: Sql) -> View:
    """The models of each pipeline's last retrain."""
    return View(
        name="leaderboard",
        comment="Candidates and baselines of each pipeline's last retrain, with what they were judged by.",
        question="How did the models of the last retrain compare?",
        columns={
            "pipeline": ("r.pipeline", "Pipeline."),
            "slot": (sql.time("r.slot"), "Slot of the retrain, UTC."),
            "architecture": ("m.architecture", "Architecture, or name of the baseline."),
            "role": ("m.role", "candidate or baseline."),
            "status": ("m.status", "trained or failed."),
            "champion": (
                "CASE WHEN c.run_id = m.run_id AND c.architecture = m.architecture THEN 1 ELSE 0 END",
                "1 for the one that forecasts, refit or not.",
            ),
            "select_loss": (
                "m.select_loss",
                "Scaled pinball loss on the select zone, which decided; lower is better.",
            ),
            "tune_loss": ("m.tune_loss", "Scaled pinball loss on the tune zone; lower is better."),
            "seconds": ("m.seconds", "Wall time of the training."),
            "steps": ("m.steps", "Optimiser steps behind the weights that were kept."),
            "parameters": ("m.parameters", "Number of weights."),
            "device": ("m.device", "Device it was trained on."),
            "error": ("m.error", "Why it failed."),
            "model_id": ("m.id", "Number of the model."),
        },
        tables=(
            f"FROM runs r\nJOIN models m ON m.run_id = r.id\n"
            "LEFT JOIN champion_aliases a ON a.pipeline = r.pipeline AND a.space = r.space\n"
            "LEFT JOIN models c ON c.id = a.model_id\n"
            f"WHERE m.role <> 'refit' AND {_newest('retrain', _SUCCEEDED)}"
        ),
        example=(
            "SELECT architecture, select_loss, seconds, parameters, champion\n"
            "FROM leaderboard\nWHERE pipeline = 'sales'\nORDER BY select_loss"
        ),
    )


def champions(sql: Sql) -> View:
    """The model that forecasts for each pipeline."""
    return View(
        name="champions",
        comment="The model that forecasts for each pipeline, and the decision behind it.",
        question="Which model forecasts now, and why that one?",
        columns={
            "pipeline": ("a.pipeline", "Pipeline."),
            "architecture": ("m.architecture", "Architecture, or name of the baseline."),
            "role": ("m.role", "candidate, refit or baseline."),
            "outcome": ("d.outcome", "promoted, renewed, baseline or rolled back."),
            "reason": ("d.reason", "Why, in words."),
            "decided_at": (sql.time("d.decided_at"), "When, UTC."),
            "slot": (sql.time("d.slot"), "The slot that it was decided for, UTC."),
            "previous": ("b.architecture", "Architecture of the champion before it."),
            "trained_until": (sql.time("m.trained_until"), "Last stamp that its weights have seen."),
            "select_loss": (
                "m.select_loss",
                "Scaled pinball loss on the select zone, which refit weights have seen: compare the leaderboard's.",
            ),
            "parameters": ("m.parameters", "Number of weights."),
            "artifact_url": ("m.artifact_url", "Where its weights are."),
            "model_id": ("m.id", "Number of the model."),
        },
        tables=(
            "FROM champion_aliases a\nJOIN models m ON m.id = a.model_id\n"
            "JOIN decisions d ON d.id = a.decision_id\n"
            "LEFT JOIN models b ON b.id = d.previous_model_id\nWHERE a.space = 'live'"
        ),
        example=("SELECT pipeline, architecture, outcome, decided_at, reason\nFROM champions\nORDER BY pipeline"),
    )


def data_quality(sql: Sql) -> View:
    """What each pipeline's last ingest found."""
    counts = {
        "rows_read": "Rows of the source.",
        "new": "Rows that were not known.",
        "changed": "Rows whose value had changed.",
        "same": "Rows that were known already.",
        "duplicates": "Rows that repeat another.",
        "missing": "Rows without a value, which are gaps.",
    }
    return View(
        name="data_quality",
        comment="What each pipeline's last finished ingest found, and what is still in quarantine.",
        question="Was the last delivery of data complete and clean?",
        columns={
            "pipeline": ("r.pipeline", "Pipeline."),
            "slot": (sql.time("r.slot"), "Slot of the ingest, UTC."),
            "status": ("r.status", "succeeded, failed or skipped."),
            "finished_at": (sql.time("r.finished_at"), "When it ended, UTC."),
            **{name: (sql.number("r.report", name), comment) for name, comment in counts.items()},
            "quarantined": (sql.total("r.report", "quarantined"), "Rows that were refused."),
            "open_quarantine": (_OPEN.format("r.pipeline"), "Refused rows, of all ingests, not mended yet."),
            "error": ("r.error", "Why it failed."),
        },
        tables=(f"FROM runs r\nWHERE {_newest('ingest', _ENDED)}"),
        example=(
            "SELECT pipeline, rows_read, new, changed, quarantined, open_quarantine\n"
            "FROM data_quality\nORDER BY pipeline"
        ),
    )


_SUCCEEDED = "l.status = 'succeeded'"
_ENDED = "l.status <> 'running'"
_OPEN = "(SELECT count(*) FROM quarantine q WHERE q.pipeline = {} AND q.resolved_at IS NULL)"


def _newest(kind: str, condition: str) -> str:
    """Run ``r`` is the live run of its kind with the newest slot, of those that meet a condition on ``l``."""
    return (
        "r.id = (\n    SELECT l.id FROM runs l\n"
        f"    WHERE l.pipeline = r.pipeline AND l.kind = '{kind}' AND l.space = 'live' AND {condition}\n"
        "    ORDER BY l.slot DESC, l.redo DESC LIMIT 1)"
    )
