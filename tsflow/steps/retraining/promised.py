"""What a decision promises: the errors of its winner on the pairs that decided."""

from typing import Any

from tsflow.evaluation import Candidate, outcomes
from tsflow.evaluation.promise import promise
from tsflow.models import LEVELS
from tsflow.steps.forecasting.champion import in_force
from tsflow.steps.forecasting.forecaster import calibration_of, network
from tsflow.steps.retraining.calibration import seasonal_naive_of, unrefit
from tsflow.steps.retraining.trial import PairForecast, Trial
from tsflow.steps.slot.job import Job
from tsflow.store import models
from tsflow.store.models import ModelRow


def promised(job: Job, trial: Trial, winner: Candidate) -> Any:
    """Errors and coverage on the select pairs as published, by weights that never saw these; none without pairs.

    Where tune and select are one zone, widths are learnt from these very pairs, and no coverage is promised.
    """
    pairs = trial.protocol.select
    if not len(pairs) or winner.model_id is None:
        return None
    forecast = _as_published(job, trial, models.get(job.engine, winner.model_id))
    truth = outcomes(trial.panel, pairs, job.pipeline.horizon)
    promised: dict[str, Any] = promise(forecast(pairs), LEVELS, truth, trial.scale(pairs), pairs)
    unknown = dict.fromkeys(("coverage_80", "coverage_95")) if trial.protocol.kind != "three zones" else {}
    return promised | unknown


def _as_published(job: Job, trial: Trial, winner: ModelRow) -> PairForecast:
    if winner.role == "baseline":
        return trial.calibrated(seasonal_naive_of(job, trial))
    if winner.role == "refit":  # a champion that keeps its place goes on as it is
        standing = network(job, winner, calibration_of(in_force(job)))
        return lambda pairs: standing.quantiles(trial.panel, pairs)
    return trial.calibrated(unrefit(job, trial, winner), point=not job.pipeline.training.stage)
