"""Conformal corrections of forecasts, learnt where it was never fitted."""

from tsflow.artifacts import load_model
from tsflow.evaluation import Calibration, seasonal_naive
from tsflow.models import LEVELS
from tsflow.steps.forecasting.quantiles import at_levels
from tsflow.steps.retraining.trial import PairForecast, Trial
from tsflow.steps.slot.job import Job
from tsflow.store.models import ModelRow
from tsflow.training import predict


def calibration(job: Job, trial: Trial, forecast: PairForecast) -> Calibration | None:
    """Corrections from the tune and select pairs, which are the same where history is short; none if switched off.

    A point forecast cannot do without.
    """
    if not job.pipeline.intervals.conformal and job.pipeline.training.stage:
        return None
    zones = [trial.protocol.tune, trial.protocol.select]
    return trial.calibration(forecast, *(zones if trial.protocol.kind == "three zones" else zones[:1]))


def unrefit(job: Job, trial: Trial, candidate: ModelRow) -> PairForecast:
    """A candidate's own weights (not the refit ones), which never fitted the tune and select pairs."""
    device = job.device
    assert candidate.artifact_url is not None
    assert candidate.artifact_sha256 is not None
    model, spec, _ = load_model(candidate.artifact_url, candidate.artifact_sha256, device)
    return lambda pairs: at_levels(predict(model, spec, trial.panel, pairs, device=device))


def seasonal_naive_of(job: Job, trial: Trial) -> PairForecast:
    """Seasonal naive."""
    horizon, season_length = job.pipeline.horizon, job.pipeline.shape.season_length
    return lambda pairs: seasonal_naive(trial.panel, pairs, horizon, season_length, LEVELS)
