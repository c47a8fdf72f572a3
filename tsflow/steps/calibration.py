"""Conformal corrections of a forecaster, learnt where it was never fitted."""

from tsflow.artifacts import load_model
from tsflow.evaluation import Calibration, seasonal_naive
from tsflow.models import LEVELS
from tsflow.steps.job import Job
from tsflow.steps.trial import Forecaster, Trial, at_levels
from tsflow.store.models import ModelRow
from tsflow.training import predict


def calibration(job: Job, trial: Trial, forecaster: Forecaster) -> Calibration | None:
    """Corrections from the tune and select pairs, which are the same where history is short; none if switched off.

    A point forecast cannot do without.
    """
    if not job.pipeline.intervals.conformal and job.pipeline.training.stage:
        return None
    zones = [trial.protocol.tune, trial.protocol.select]
    return trial.calibration(forecaster, *(zones if trial.protocol.kind == "three zones" else zones[:1]))


def unrefit(job: Job, trial: Trial, candidate: ModelRow) -> Forecaster:
    """A candidate's own weights (not the refit ones), which never fitted the tune and select pairs."""
    device = job.device
    assert candidate.artifact_url is not None
    assert candidate.artifact_sha256 is not None
    model, spec, _ = load_model(candidate.artifact_url, candidate.artifact_sha256, device)
    return lambda pairs: at_levels(predict(model, spec, trial.panel, pairs, device=device))


def naive(job: Job, trial: Trial) -> Forecaster:
    """Seasonal naive."""
    horizon, season_length = job.pipeline.horizon, job.pipeline.shape.season_length
    return lambda pairs: seasonal_naive(trial.panel, pairs, horizon, season_length, LEVELS)
