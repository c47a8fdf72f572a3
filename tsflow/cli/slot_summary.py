"""What came of a slot, in lines for the person at the terminal."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tsflow.config import Pipeline, Project


def ingested(report: dict[str, Any]) -> str:
    """What an ingest read and refused, from its run's report."""
    counts = [f"{report[name]:,} {name.replace('_', ' ')}" for name in ("rows_read", "new", "changed", "same")]
    refused = [f"{count:,} quarantined: {check}" for check, count in report["quarantined"].items()]
    return ", ".join(counts + refused)


def slot_told(engine: "Engine", project: "Project", name: str, outcome: int | str, began: datetime) -> list[str]:
    """What a run that went well did to its slot: what it ingested and its alerts, or that there was nothing to do.

    A failed retrain is left out: the flow's log has shown it.

    Args:
        engine: The database.
        project: The settings.
        name: The pipeline.
        outcome: The forecast run, or that the slot was skipped, and why.
        began: When the run began, by the wall clock.
    """
    from tsflow.store import alerts, runs
    from tsflow.store.leases import LIVE

    if isinstance(outcome, str):
        return [outcome]
    forecast = runs.get(engine, outcome)
    ingest = runs.find(engine, name, "ingest", forecast.slot, LIVE)
    moments = (ingest and ingest.started_at, forecast.published_at)
    if not any(moment and moment >= began for moment in moments):
        changed = forecast.config_digest != project.digest(name)
        return [
            f"the slot of {forecast.slot:%Y-%m-%d %H:%M} is done (forecast run {forecast.id})"
            + ("; the settings have changed since" if changed else "")
            + ": --force does it again"
        ]
    raised = alerts.raised_since(engine, name, began)
    read = [ingested(ingest.report)] if ingest and ingest.report else []
    return [*read, *(f"alert: {kind}: {message}" for kind, message in raised if kind != "failed")]


def why_none(engine: "Engine", name: str, pipeline: "Pipeline") -> str:
    """Why a pipeline has no current forecast."""
    from tsflow.store import readers

    health = readers.pipeline_health(engine, name).iloc[0]
    if health["series"] or not health["ended_series"]:
        return str(health["state"])
    anew = "; for data of the past it takes `clock: data`, and another name for the pipeline, which begins anew"
    return (
        f"{health['state']}: the newest observation is of {health['newest_observation']:%Y-%m-%d %H:%M}, and a series "
        f"ends when it is silent for {pipeline.most_silent_steps} steps (`ended_after`)"
        + (anew if pipeline.clock == "wall" else "")
    )
