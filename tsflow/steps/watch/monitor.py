"""Look at every pipeline from outside its runs: what is late or missing no run can tell."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime

import pandas as pd

from tsflow.config import load_project
from tsflow.errors import LeaseHeld
from tsflow.process import this_process
from tsflow.steps.slot.alerts import Alert, Channel, Kind, send
from tsflow.steps.slot.hold import first_due
from tsflow.store import leases, migrate, pipelines, readers
from tsflow.store.engine import opened
from tsflow.store.leases import LIVE

_TOLD: dict[str, Kind] = {
    "forecast is late": "late",
    "forecast is over": "late",
    "series without forecast": "missing",
    "all series have ended": "missing",
}


def monitor(config: str, *, wall: datetime, channels: Sequence[Channel] = ()) -> list[str]:
    """Raise an alert for each pipeline whose forecast is late or missing, once an outage; returns those not well.

    A failed run is told by itself, when it fails.
    """
    project = load_project(config)
    with opened(project.database.get_secret_value()) as engine:
        migrate.check(engine)
        health = readers.pipeline_health(engine)
        health = health[health["pipeline"].isin(project.pipelines)]
        for row in health.to_dict("records"):
            kind = _TOLD.get(row["state"])
            if kind is not None:
                since = row["due_at"] if kind == "late" and not pd.isna(row["due_at"]) else row["published_slot"]
                slot = None if pd.isna(since) else since.to_pydatetime().replace(tzinfo=UTC)
                alert = Alert(kind, str(row["pipeline"]), _message(row), slot)
                send(alert, engine=engine, channels=channels, now=wall)
        return health.loc[~health["state"].isin(readers.WELL), "pipeline"].tolist()


def register(config: str, *, wall: datetime) -> None:
    """Write down what is configured and when it is due, so that a pipeline whose first run never comes is late, too.

    One at work is left alone: it has done so itself.
    """
    project = load_project(config)
    with opened(project.database.get_secret_value()) as engine:
        migrate.prepare(engine)
        for name, settings in project.pipelines.items():
            with suppress(LeaseHeld), leases.hold(engine, name, LIVE, holder=this_process("deployment")) as fence:
                due = first_due(engine, name, settings, wall)
                pipelines.register(engine, fence, settings, now=wall, due_at=due)


def _message(row: dict[object, object]) -> str:
    parts = [f"{row['state']}; the newest is that of slot {row['published_slot']}; waiting for {row['waiting_for']}"]
    if row["last_error"]:
        parts.append(f"last error: {row['last_error']}")
    return "; ".join(parts)
