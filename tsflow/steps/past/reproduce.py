"""A past forecast made again: from the data as of its run, its settings, its decisions and its artifact."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from tsflow import __version__
from tsflow.config import Pipeline, Project
from tsflow.errors import ConfigError, DataError
from tsflow.steps.data.known import whole_panel
from tsflow.steps.data.shards import as_whole
from tsflow.steps.forecasting.assignments import assign
from tsflow.steps.forecasting.forecast import without_forecast
from tsflow.steps.forecasting.forecaster import current_forecaster
from tsflow.steps.slot.job import Job, Ticket, device_of
from tsflow.store import configurations, forecasts, runs
from tsflow.store.forecasts import VALUES, Origin
from tsflow.store.leases import Fence
from tsflow.store.panels import panel_digest
from tsflow.store.runs import Run
from tsflow.training import describe_device

_ROUNDING = 1e-6
"""Of a series' largest forecast: another device or number of threads adds float32 in another order."""
_UNREAD = {"kind": "csv", "path": "-"}
"""In place of the source, which is not read, and whose secrets are masked."""


@dataclass(frozen=True)
class Reproduction:
    """A run's forecast beside the same made again."""

    run: Run
    rows: int
    """Forecast rows compared."""
    largest: float
    """Largest difference of a value, relative to the largest forecast of its series."""
    differences: tuple[str, ...]
    """What came out differently, or could not be had again; none if it is equal."""
    changed: tuple[str, ...]
    """What is another than it was then, without a difference being due to it: settings, version, device."""

    @property
    def equal(self) -> bool:
        """Whether the same came out."""
        return not self.differences


def reproduce(project: Project, engine: Engine, run_id: int, *, config: str) -> Reproduction:
    """Make a published forecast again and compare; only reads.

    Args:
        project: The project as it is now; the settings of the run are taken from the database.
        engine: The database.
        run_id: A published forecast run, of any slot and space.
        config: Path of the project's YAML file.

    Raises:
        ConfigError: If there is no such run, or it has published no forecast.
        DataError: If its forecasts were pruned.
    """
    run = runs.get(engine, run_id)
    if run.kind != "forecast" or run.published_at is None or run.data_as_of is None:
        raise ConfigError(f"run {run_id}, kind {run.kind}, published nothing; `tsflow forecasts` shows those that did")
    before = forecasts.origins_of(engine, run_id)
    if not before:
        raise DataError(f"run {run_id} was pruned: its forecasts are no longer kept")
    pipeline, changed = _settings(project, engine, run)
    ticket = Ticket(
        config,
        project.with_pipeline(run.pipeline, pipeline).digest(run.pipeline),
        run.pipeline,
        Fence(run.pipeline, run.space, token=0),  # which nobody ever held: it only reads
        slot=run.slot,
        now=run.known_at or run.slot,
        moment=run.data_as_of,
        as_of=run.data_as_of,
        known_at=run.known_at,
        decided_by=run.published_at,
    )
    job = Job(ticket, project.with_pipeline(run.pipeline, pipeline), engine)
    season = pipeline.shape.season_length
    panel = as_whole(job, whole_panel(job))
    lost = [] if panel_digest(panel) == run.data_digest else ["the data as of that run are not those that it read"]
    assignments = assign(job, panel, current_forecaster(job))
    again = pd.concat([one.rows(panel) for one in assignments], ignore_index=True) if assignments else pd.DataFrame()
    origins = [origin for one in assignments for origin in one.origins(panel, season)] + without_forecast(job, panel)
    moved, largest = _values(forecasts.rows_of(engine, run_id), again)
    differences = (*lost, *_origins(before, origins), *moved)
    return Reproduction(run, len(again), largest, differences, (*changed, *_surroundings(project, run, config)))


def _settings(project: Project, engine: Engine, run: Run) -> tuple[Pipeline, tuple[str, ...]]:
    """The settings that the run had, and those that are others now."""
    kept = configurations.read(engine, run.pipeline, run.config_digest or "")
    if kept is None:
        return project.pipeline(run.pipeline), ("the settings of that run are not on record: today's were taken",)
    if run.pipeline not in project.pipelines:
        gone = f"the project has no pipeline {run.pipeline!r} any more"
        return Pipeline.model_validate(kept | {"source": _UNREAD}), (gone,)
    present = project.pipeline(run.pipeline)
    pairs = _flat(kept), _flat(project.decisive(run.pipeline))
    names = sorted(name for name in {*pairs[0], *pairs[1]} if pairs[0].get(name) != pairs[1].get(name))
    changed = tuple(f"setting {name}: {pairs[0].get(name)} then, {pairs[1].get(name)} now" for name in names)
    others = present.model_dump(exclude=set(kept))
    return Pipeline.model_validate(kept | others | {"source": _UNREAD}), changed


def _surroundings(project: Project, run: Run, config: str) -> tuple[str, ...]:
    pairs = {
        "version": (run.code_version, __version__),
        "device": (run.device, describe_device(device_of(project, config))),
    }
    return tuple(f"{name}: {then} then, {now} now" for name, (then, now) in pairs.items() if then != now)


def _origins(then: list[Origin], now: list[Origin]) -> list[str]:
    """By whom series are forecast otherwise than they were, one line for each kind of change."""
    before, after = ({origin.series_id: origin for origin in origins} for origins in (then, now))
    changes: dict[str, int] = {}
    for series_id in {*before, *after}:
        old, new = before.get(series_id), after.get(series_id)
        if old is None or new is None or replace(new, **_told(old)) != old:
            told = [f"{one.source}, {one.reason}" if one else "nothing" for one in (old, new)]
            line = f"forecast by {told[0]} then, by {told[1]} now"
            changes[line] = changes.get(line, 0) + 1
    return [f"{count} series {line}" for line, count in changes.items()]


def _told(origin: Origin) -> dict[str, Any]:
    """What of an origin may differ: its words, the size of the series, and by which retrain the baseline was judged."""
    told = {"reason": origin.reason, "scale": origin.scale}
    return told | ({"model_id": origin.model_id} if origin.source == "baseline" else {})


def _values(then: pd.DataFrame, now: pd.DataFrame) -> tuple[list[str], float]:
    """How forecast values differ, in words, and by how much at most."""
    if now.empty or then.empty:
        return ([] if now.empty and then.empty else [f"{len(then)} rows then, {len(now)} now"]), 0.0
    both = then.merge(now, on=["series_id", "ds", "lead"], how="outer", suffixes=("", "_now"), indicator=True)
    alone = int((both["_merge"] != "both").sum())
    both = both[both["_merge"] == "both"]
    old, new = (both[[name + suffix for name in VALUES]].to_numpy(float) for suffix in ("", "_now"))
    size = both["y_hat"].abs().groupby(both["series_id"]).transform("max").to_numpy()
    gap = np.abs(old - new).max(axis=1) / np.where(size > 0, size, 1.0)
    largest, many = float(gap.max(initial=0.0)), int((gap > _ROUNDING).sum())
    told = [f"{alone} rows are there only once"] if alone else []
    if many:
        row = both.iloc[int(gap.argmax())]
        values = f"y_hat {row['y_hat']:.6g} then, {row['y_hat_now']:.6g} now"
        told.append(f"{many} of {len(both)} rows differ, most at {row['ds']:%Y-%m-%d %H:%M}: {values}")
    return told, largest


def _flat(document: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Dotted names of the leaves of nested settings."""
    leaves: dict[str, Any] = {}
    for name, value in document.items():
        leaves |= _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {prefix + name: value}
    return leaves
