"""What a pipeline's life leaves behind, ids, wall times and seconds aside, to be compared with another's."""

import re

from sqlalchemy import Engine, text

OUTCOME = {
    "observations": "SELECT s.unique_id, o.ds, o.y FROM observations o JOIN series s ON s.id = o.series_id",
    "revisions": "SELECT s.unique_id, o.ds, o.y FROM observation_revisions o JOIN series s ON s.id = o.series_id",
    "quarantine": "SELECT s.fingerprint, s.raw, s.reason FROM quarantine s",
    "runs": "SELECT s.kind, s.slot, s.space, s.status, s.redo, s.data_digest FROM runs s",
    "models": "SELECT s.architecture, s.role, s.status, s.seed, s.steps, s.tune_loss, s.select_loss FROM models s",
    "scores": "SELECT s.architecture, s.role, c.cutoff, c.value FROM scores c JOIN models s ON s.id = c.model_id",
    "decisions": "SELECT s.slot, s.outcome, s.reason, m.architecture "
    "FROM decisions s JOIN models m ON m.id = s.model_id",
    "forecasts": "SELECT s.unique_id, r.slot, f.ds, f.lead, f.y_hat, f.lo_80, f.hi_80, f.lo_95, f.hi_95, o.source "
    "FROM forecasts f JOIN series s ON s.id = f.series_id JOIN runs r ON r.id = f.run_id "
    "JOIN forecast_origins o ON o.run_id = f.run_id AND o.series_id = f.series_id",
    "heads": "SELECT s.unique_id, r.slot FROM forecast_heads h JOIN series s ON s.id = h.series_id "
    "JOIN runs r ON r.id = h.run_id",
}


def outcome(engine: Engine, pipeline: str) -> dict[str, list[str]]:
    """All rows of a pipeline, by table."""
    with engine.connect() as connection:
        return {
            name: sorted(
                re.sub(r"model \d+", "model", repr(tuple(row)))
                for row in connection.execute(text(f"{query} WHERE s.pipeline = :name"), {"name": pipeline})
            )
            for name, query in OUTCOME.items()
        }
