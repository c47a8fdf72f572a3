"""Who forecasts: the champion, an earlier one if its weights are damaged, else seasonal naive."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from tsflow.artifacts import load_model
from tsflow.config import Pipeline
from tsflow.errors import ArtifactError
from tsflow.evaluation import Calibration, pair_scale, seasonal_naive
from tsflow.models import LEVELS
from tsflow.panel import Panel
from tsflow.steps.forecasting.champion import decided
from tsflow.steps.forecasting.quantiles import at_levels, credible
from tsflow.steps.slot.job import Job
from tsflow.store import models
from tsflow.store.decisions import Decision
from tsflow.store.models import ModelRow
from tsflow.training import predict
from tsflow.training.windows import Pairs

Quantiles = NDArray[np.float64]
Quantify = Callable[[Panel, Pairs], Quantiles]
"""Forecasts of pairs at ``LEVELS``, shape [P, H, Q], in units of y."""


@dataclass(frozen=True)
class Forecaster:
    """A way to forecast, and what `forecast_origins` says of it."""

    model_id: int | None
    source: Literal["champion", "baseline"]
    reason: str
    quantiles: Quantify
    """Calibrated."""
    stands_in: bool = False
    """Whether a champion should have forecast, and could not."""


def current_forecaster(job: Job) -> Forecaster:
    """The champion; the one before it if its artifact is missing or damaged, and so on; at last seasonal naive.

    Seasonal naive it is, too, while the artifact store does not answer.
    """
    damaged: dict[int, str] = {}
    for decision in decided(job):
        if decision.model_id is None or decision.model_id in damaged:
            continue
        row = models.get(job.engine, decision.model_id)
        notes = "; ".join(damaged.values())
        wrong = unfit(job.pipeline, row)
        if wrong:
            damaged[row.id] = f"model {row.id} ({row.architecture}) was not used: {wrong}"
            continue
        if row.role == "baseline":
            return baseline(job, "; ".join(filter(None, [decision.reason, notes])), calibration_of(decision), row)
        try:
            return network(job, row, calibration_of(decision), note=notes)
        except ArtifactError as error:
            damaged[row.id] = f"model {row.id} ({row.architecture}) could not be loaded: {error}"
            if error.transient:
                break  # the store was asked long enough: the earlier ones are there, too
    found = baseline(job, "; ".join(damaged.values()) or "no model has been trained yet")
    return replace(found, stands_in=bool(damaged))


def unfit(pipeline: Pipeline, row: ModelRow) -> str | None:
    """Why a model cannot forecast for a pipeline as it is configured now; none if it can."""
    known = row.configuration["spec"] if row.role != "baseline" else row.configuration
    wanted = {"horizon": pipeline.horizon, "season_length": pipeline.shape.season_length}
    differing = [name for name, value in wanted.items() if known.get(name, value) != value]
    return ", ".join(f"made for {name} {known[name]}, not {wanted[name]}" for name in differing) or None


def network(job: Job, row: ModelRow, calibration: Calibration | None, note: str = "") -> Forecaster:
    """A trained network, loaded from its artifact.

    Raises:
        ArtifactError: If the artifact is missing or its bytes are not those that were saved.
    """
    device = job.device
    if row.artifact_url is None or row.artifact_sha256 is None:
        raise ArtifactError(f"model {row.id} has no artifact: retrain")
    model, spec, _ = load_model(row.artifact_url, row.artifact_sha256, device)

    def quantiles(panel: Panel, pairs: Pairs) -> Quantiles:
        return at_levels(predict(model, spec, panel, pairs, device=device))

    reason = f"{row.architecture}, model {row.id}" + (f"; {note}" if note else "")
    return Forecaster(row.id, "champion", reason, _calibrated(job, quantiles, calibration))


def baseline(job: Job, reason: str, calibration: Calibration | None = None, row: ModelRow | None = None) -> Forecaster:
    """Seasonal naive, with the quantiles of each series' own seasonal changes.

    Without the row that was decided for it is that of the last retrain that had decided.
    """
    ticket, horizon, season_length = job.ticket, job.pipeline.horizon, job.pipeline.shape.season_length
    row = row or models.latest_baseline(
        job.engine, job.name, job.fence.space, until=ticket.slot, decided_by=ticket.decided_by
    )

    def quantiles(panel: Panel, pairs: Pairs) -> Quantiles:
        return seasonal_naive(panel, pairs, horizon, season_length, LEVELS)

    model_id = row.id if row else None
    return Forecaster(model_id, "baseline", f"seasonal naive: {reason}", _calibrated(job, quantiles, calibration))


def calibration_of(decision: Decision | None) -> Calibration | None:
    """The calibration that a decision put into force."""
    return Calibration.from_json(decision.calibration) if decision and decision.calibration else None


def _calibrated(job: Job, quantiles: Quantify, calibration: Calibration | None) -> Quantify:
    season_length = job.pipeline.shape.season_length

    def published(panel: Panel, pairs: Pairs) -> Quantiles:
        forecast = quantiles(panel, pairs)
        if calibration is not None:
            forecast = calibration.apply(forecast, LEVELS, pair_scale(panel, pairs, season_length))
        return credible(forecast, panel, job.pipeline)

    return published
