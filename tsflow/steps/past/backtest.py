"""Backtest: every candidate and baseline from many cutoffs, trained at some of them as a retrain would have been."""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsflow.config import Pipeline, load_project
from tsflow.errors import ConfigError, DataError
from tsflow.evaluation import judgeable
from tsflow.evaluation.naive import drift, naive
from tsflow.models import LEVELS
from tsflow.panel import Panel
from tsflow.process import wall_clock
from tsflow.steps.data.known import active_panel, whole_panel
from tsflow.steps.data.shards import as_whole
from tsflow.steps.forecasting.assignments import COLUMNS
from tsflow.steps.forecasting.forecaster import Forecaster, baseline
from tsflow.steps.past.statistical import Statistical, statistical
from tsflow.steps.retraining.calibration import calibration, seasonal_naive_of
from tsflow.steps.retraining.preview import candidate_forecaster
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.clock import on_clock, position_of, start_of
from tsflow.steps.slot.hold import hold_past_slot
from tsflow.steps.slot.job import Job, Progress, open_job
from tsflow.steps.whole import retrain
from tsflow.store import backtests, models, runs
from tsflow.store.engine import opened
from tsflow.store.panels import read_panel
from tsflow.training import Pairs

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Backtest:
    """Where a backtest stands on the grid, and the space it is kept in."""

    space: str
    windows: tuple[tuple[int, ...], ...]
    """Cutoffs as grid positions, ascending; those of one part share the models that were trained at its first."""


def plan_backtest(
    config: str, name: str, *, windows: int, step: int | None, every: int, last: datetime | None
) -> Backtest:
    """Lay the cutoffs: the last is a horizon before the end of the data, or before ``last``.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        windows: Number of cutoffs.
        step: Steps from one to the next; the horizon if not given.
        every: Train again every so many windows; 0: once, at the first.
        last: A moment in the last step that may be judged; the last of the data if not given.

    Raises:
        ConfigError: If the first cutoff would come before all observations.
        DataError: If nothing is ingested yet.
    """
    project = load_project(config)
    pipeline = project.pipeline(name)
    with opened(project.database.get_secret_value()) as engine:
        panel = read_panel(engine, name, pipeline.grid)
    if not panel.lengths.any():
        raise DataError(f"{name}: no observation yet; `tsflow ingest {name}` reads them")
    end = int(panel.last[panel.lengths > 0].max())
    if last is not None:
        end = min(end, position_of(pipeline.grid, on_clock(pipeline, last)))
    stride = step or pipeline.horizon
    cutoffs = [end - pipeline.horizon - stride * number for number in range(windows)][::-1]
    begin = int(panel.first[panel.lengths > 0].min())
    if cutoffs[0] < begin:
        most = max(0, (end - pipeline.horizon - begin) // stride + 1)
        raise ConfigError(
            f"{name}: {windows} windows, {stride} steps apart, reach back beyond the first observation; "
            f"at most {most} have any"
        )
    size = every or windows
    parts = tuple(tuple(cutoffs[start : start + size]) for start in range(0, windows, size))
    settings = hashlib.sha256(f"{project.digest(name)} {cutoffs} {size}".encode()).hexdigest()[:8]
    return Backtest(f"backtest {windows} x {stride} {settings}", parts)


def backtest(
    config: str,
    name: str,
    plan: Backtest,
    *,
    others: Sequence[str] = (),
    holder: str,
    on_progress: Progress | None = None,
) -> Iterator[str]:
    """Run a backtest, or the rest of it; yields what is done.

    Training sees what was known at its cutoff, as a retrain then would have; contexts reach up to each cutoff.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        plan: Cutoffs and space.
        others: More baselines: auto_ets, auto_theta.
        holder: Who holds the lease of its space.
        on_progress: Called with what is done, steps done and steps in all.

    Raises:
        ConfigError: If another baseline is not installed.
        TrainingError, DataError: If nothing can be trained at a cutoff.
    """
    pipeline, wall = load_project(config).pipeline(name), wall_clock()
    grid = pipeline.grid
    methods = {one: statistical(one, pipeline.horizon, pipeline.shape.season_length) for one in others}
    for cutoffs in plan.windows:
        slot = start_of(grid, cutoffs[0] + 1)
        with (
            hold_past_slot(config, name, wall=wall, slot=slot, space=plan.space, holder=holder) as ticket,
            open_job(ticket) as opened,
        ):
            job = _every_candidate_refit(opened)
            run_id = _trained(job, on_progress)
            known = whole_panel(replace(job, ticket=replace(ticket, known_at=None)))
            pairs = _pairs(known, cutoffs, job.pipeline)
            for architecture in _forecast(job, run_id, known, pairs, methods):
                yield f"{architecture} trained for {start_of(grid, cutoffs[0]):%Y-%m-%d %H:%M}"


def comparison(config: str, name: str, space: str) -> pd.DataFrame:
    """A stored backtest in the form that ``utilsforecast.evaluation.evaluate`` takes.

    Returns:
        ``unique_id, ds, cutoff, y`` and for each model ``NAME, NAME-lo-80, NAME-hi-80, NAME-lo-95, NAME-hi-95``;
        only steps that were observed and that every model forecast.
    """
    project = load_project(config)
    with opened(project.database.get_secret_value()) as engine:
        long = backtests.read(engine, name, space)
        panel = read_panel(engine, name, project.pipeline(name).grid)
    if long.empty:
        raise DataError(f"{name}: no backtest in {space!r}")
    columns = {column: "" if column == "y_hat" else "-" + column.replace("_", "-") for column in COLUMNS}
    wide = long.pivot(index=["unique_id", "ds", "cutoff"], columns="model", values=list(columns))
    wide.columns = pd.Index([f"{model}{suffix}" for suffix in columns.values() for model in sorted(set(long["model"]))])
    truth = panel.to_frame().astype({"ds": "datetime64[us]"}).set_index(["unique_id", "ds"])["y"]
    frame = wide.dropna().reset_index().join(truth, on=["unique_id", "ds"], how="inner")
    names = sorted(column for column in frame.columns if column not in ("unique_id", "ds", "cutoff", "y"))
    return frame[["unique_id", "ds", "cutoff", "y", *names]].sort_values(
        ["unique_id", "cutoff", "ds"], ignore_index=True
    )


def _every_candidate_refit(job: Job) -> Job:
    """With every candidate trained again on all that was known, so that they are compared alike."""
    training = job.pipeline.training.model_copy(update={"refit": "all"})
    pipeline = job.pipeline.model_copy(update={"training": training})
    return replace(job, project=job.project.with_pipeline(job.name, pipeline), ticket=replace(job.ticket, force=True))


def _trained(job: Job, on_progress: Progress | None) -> int:
    """The retrain at the first cutoff, done now or before."""
    done = runs.find(job.engine, job.name, "retrain", job.ticket.slot, job.fence.space)
    if done is None or done.status != "succeeded":
        retrain(job, on_progress)
        done = runs.find(job.engine, job.name, "retrain", job.ticket.slot, job.fence.space)
    assert done is not None
    return done.id


def _pairs(panel: Panel, cutoffs: Sequence[int], pipeline: Pipeline) -> Pairs:
    """The pairs of every series and cutoff that judge."""
    series = np.tile(np.arange(len(panel)), len(cutoffs))
    pairs = Pairs(series, np.repeat(np.asarray(cutoffs, dtype=np.int64), len(panel)))
    return judgeable(panel, pairs, pipeline.horizon, pipeline.shape)


def _forecast(job: Job, run_id: int, panel: Panel, pairs: Pairs, methods: Mapping[str, Statistical]) -> Iterator[str]:
    """Forecast all pairs by every model of a retrain and every baseline, each written at once."""
    horizon = job.pipeline.horizon
    fitted = active_panel(job)
    panel = replace(panel, whole=as_whole(job, fitted).whole)  # whose signs and usual scale are those known then
    for row in models.of_run(job.engine, run_id):
        if (row.role, row.status) == ("candidate", "trained") and not backtests.written(job.engine, row.id):
            quantiles = candidate_forecaster(job, run_id, row.architecture, fitted).quantiles(panel, pairs)
            _write(job, row.id, panel, pairs, _columns(quantiles))
            yield row.architecture
    baselines: dict[str, Callable[[], dict[str, Floats]]] = {
        "seasonal_naive": lambda: _columns(_as_published(job, fitted).quantiles(panel, pairs)),
        "naive": lambda: _columns(naive(panel, pairs, horizon, LEVELS)),
        "drift": lambda: _columns(drift(panel, pairs, horizon, LEVELS)),
        **{name: partial(method, panel, pairs) for name, method in methods.items()},
    }
    for name, forecast in baselines.items():
        row_id = _baseline(job, run_id, name)
        if not backtests.written(job.engine, row_id):
            _write(job, row_id, panel, pairs, forecast())
            yield name


def _as_published(job: Job, fitted: Panel) -> Forecaster:
    """Seasonal naive with the corrections that it would be published with."""
    trial = Trial.of(fitted, job.pipeline)
    corrections = calibration(job, trial, seasonal_naive_of(job, trial)) if len(trial.protocol.select) else None
    return baseline(job, "for comparison", corrections)


def _baseline(job: Job, run_id: int, name: str) -> int:
    known = models.find(job.engine, run_id, name, "baseline")
    row = known or models.record(
        job.engine, job.fence, run_id, models.Training(architecture=name, role="baseline", parameters=0)
    )
    return row.id


def _columns(quantiles: Floats) -> dict[str, Floats]:
    return {column: quantiles[:, :, LEVELS.index(level)] for column, level in COLUMNS.items()}


def _write(job: Job, model_id: int, panel: Panel, pairs: Pairs, columns: dict[str, Floats]) -> None:
    horizon = job.pipeline.horizon
    target = np.repeat(pairs.cutoff, horizon) + np.tile(np.arange(1, horizon + 1), len(pairs))
    rows = pd.DataFrame({"series_id": np.repeat(panel.series_ids[pairs.series], horizon)})
    rows["cutoff"] = panel.frequency.timestamp(np.repeat(pairs.cutoff, horizon))
    rows["ds"] = panel.frequency.timestamp(target)
    backtests.write(
        job.engine, job.fence, model_id, rows.assign(**{name: one.ravel() for name, one in columns.items()})
    )
