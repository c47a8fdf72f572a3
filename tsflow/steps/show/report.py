"""The report of a pipeline: gathered from the database, written as a page and a picture."""

import io
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pandas as pd
from sqlalchemy import Engine

from tsflow import storage
from tsflow.config import Pipeline
from tsflow.reporting.poster import draw_poster
from tsflow.reporting.report import Report, Shown, render_report
from tsflow.store import browse, readers

_WHY: dict[browse.Ranking, str] = {
    "wrong": "last forecasts off by {:.0f} % of its level",
    "changed": "changed by {:.0f} % of its level",
    "uncertain": "80 % interval {:.0f} % of its level wide",
}
"""Why a series is shown, the most pressing reason first."""
_SERIES_EACH = 2
_SHOWN_HORIZONS, _SHOWN_STEPS = 4, 48  # as in the pictures of `plot_forecasts`


@dataclass(frozen=True)
class Written:
    """Where a report is."""

    page: str
    picture: str


def write_report(engine: Engine, name: str, pipeline: Pipeline, *, folder: str, now: datetime) -> Written:
    """Write ``NAME.html`` and ``NAME.png`` into a folder, in place of those that are there.

    Args:
        engine: The database.
        name: The pipeline.
        pipeline: Its settings.
        folder: A path, or any fsspec URL.
        now: What is written down as the moment it was made.

    Raises:
        ArtifactError: If the folder cannot be written to.
    """
    report = gather(engine, name, pipeline, now)
    content = io.BytesIO()
    draw_poster(report).savefig(content, format="png")
    base = f"{folder.rstrip('/')}/{name}"
    written = Written(f"{base}.html", f"{base}.png")
    storage.write(written.page, render_report(report).encode())
    storage.write(written.picture, content.getvalue())
    return written


def gather(engine: Engine, name: str, pipeline: Pipeline, now: datetime) -> Report:
    """All that a report says, of what the database holds at this moment; a pipeline that never ran has an empty one."""
    health = _first(readers.pipeline_health(engine, name)) or _never_run(name)
    decision = _first(readers.decisions(engine, name))
    board = readers.explained(engine, name)
    return Report(
        pipeline=name,
        made_at=now,
        frequency=pipeline.grid,
        health=health,
        series=_series(engine, name, pipeline),
        board=board,
        curves=browse.curves(engine, board["model_id"].tolist()),
        decision=decision,
        accuracy=browse.accuracy(engine, name),
        quality=_first(readers.data_quality(engine, name)),
        refused=browse.refusals(engine, name),
    )


def _series(engine: Engine, name: str, pipeline: Pipeline) -> tuple[Shown, ...]:
    """The series that matter: two for each reason, each once."""
    reasons: dict[str, str] = {}
    for by, why in _WHY.items():
        found = browse.ranked(engine, name, by, limit=3 * _SERIES_EACH)
        new = found[~found["unique_id"].isin(list(reasons))].head(_SERIES_EACH)
        reasons |= {name: why.format(100 * value) for name, value in zip(new["unique_id"], new["value"], strict=True)}
    forecasts = readers.latest_forecasts(engine, name, list(reasons)) if reasons else pd.DataFrame()
    ids = browse.series_ids(engine, name, list(reasons))
    steps = max(_SHOWN_STEPS, _SHOWN_HORIZONS * pipeline.horizon)
    return tuple(
        Shown(
            unique_id,
            why,
            browse.history(engine, ids[unique_id], steps).assign(unique_id=unique_id),
            forecasts[forecasts["unique_id"] == unique_id],
        )
        for unique_id, why in reasons.items()
    )


def _first(frame: pd.DataFrame) -> dict[str, Any] | None:
    return {str(name): value for name, value in frame.iloc[0].items()} if len(frame) else None


def _never_run(name: str) -> dict[str, Any]:
    nothing = dict.fromkeys(("published_slot", "forecast_until", "newest_observation", "last_error"))
    return {
        "pipeline": name,
        "state": "never run",
        "series": 0,
        "series_without_forecast": 0,
        "open_quarantine": 0,
    } | nothing
