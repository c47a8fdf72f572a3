"""What a person wants to see of a slot in the Prefect UI: quality, leaderboard, decision, picture, report."""

import base64
import io
import math
from pathlib import Path
from typing import Any

import pandas as pd
from prefect.artifacts import (
    create_image_artifact,
    create_link_artifact,
    create_markdown_artifact,
    create_table_artifact,
)

from tsflow.steps import Job
from tsflow.steps.show.picture import picture
from tsflow.steps.show.report import write_report
from tsflow.store import readers, runs

_BOARD = ["architecture", "role", "status", "select_loss", "tune_loss", "parameters", "steps", "seconds"]


def quality_table(job: Job, run_id: int) -> None:
    """What the ingest found, one number a row."""
    report = runs.get(job.engine, run_id).report or {}
    numbers = {key: value for key, value in report.items() if isinstance(value, int | float)}
    quarantined = {f"quarantined: {check}": count for check, count in (report.get("quarantined") or {}).items()}
    rows = [{"what": key.replace("_", " "), "number": value} for key, value in {**numbers, **quarantined}.items()]
    create_table_artifact(rows, key=_key(job, "quality"), description=f"Ingest of {job.name}")


def leaderboard_table(job: Job) -> None:
    """The models of the last retrain, best first."""
    board = readers.leaderboard(job.engine, job.name)
    rows = _plain(board[[name for name in _BOARD if name in board]])
    create_table_artifact(rows, key=_key(job, "leaderboard"), description=f"Models of {job.name}, lower loss is better")


def decision_text(job: Job) -> None:
    """The last decision in words, with the protocol it was made by."""
    last = readers.decisions(job.engine, job.name).iloc[0]
    protocol = last["protocol"] or {}
    lines = [
        f"# {job.name}: {last['outcome']}",
        last["reason"],
        f"Zones: {protocol.get('kind')}, {protocol.get('reason')}.",
    ]
    create_markdown_artifact("\n\n".join(lines), key=_key(job, "decision"))


def forecast_plot(job: Job) -> None:
    """The current forecasts as a picture, in the artifact itself, so that it needs no file server."""
    figure = picture(job.engine, job.name, job.pipeline)
    if figure is None:
        return
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=80)
    data = base64.b64encode(content.getvalue()).decode()
    create_image_artifact(f"data:image/png;base64,{data}", key=_key(job, "forecast"), description=job.name)


def report_link(job: Job) -> None:
    """Write the report and say where it is."""
    folder, now = job.project.reports, job.ticket.moment
    written = write_report(job.engine, job.name, job.pipeline, folder=folder, now=now)
    link = written.page if "://" in written.page else Path(written.page).as_uri()
    create_link_artifact(link, link_text=f"Report of {job.name}", key=_key(job, "report"), description=written.page)


def _key(job: Job, what: str) -> str:
    """Prefect's keys are of lower-case letters, digits and dashes."""
    return f"{job.name.replace('_', '-')}-{what}"


def _plain(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Rows that JSON can hold."""

    def value(item: Any) -> Any:
        if isinstance(item, float):
            return None if math.isnan(item) else round(item, 4)
        return item if isinstance(item, int | str) else str(item)

    return [{str(name): value(item) for name, item in row.items()} for row in frame.to_dict("records")]
