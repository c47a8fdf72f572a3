"""What is recorded of each architecture beside its losses."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.outcomes import outcomes
from tsflow.models import MEDIAN
from tsflow.steps.retraining.trial import Trial
from tsflow.training import Fitted
from tsflow.training.explain import explain


def explanation(trial: Trial, fitted: Fitted, forecast: NDArray[np.float64]) -> dict[str, Any]:
    """How far a trained model looks back, what it leans on, how fast it is, and its error by lead.

    Args:
        trial: The select pairs are where it is looked at.
        fitted: The model.
        forecast: Its forecasts of the select pairs at ``LEVELS``, shape [P, H, Q].
    """
    pairs = trial.protocol.select
    truth = outcomes(trial.panel, pairs, trial.pipeline.horizon)
    errors = np.abs(forecast[..., MEDIAN] - truth.actual) / trial.scale(pairs)[:, None]  # [P, H]
    seen = np.where(truth.observed, errors, 0.0).sum(0) / np.maximum(truth.observed.sum(0), 1)
    by_lead = [
        round(float(error), 4) if count else None for error, count in zip(seen, truth.observed.sum(0), strict=True)
    ]
    return explain(fitted, trial.panel, pairs).to_json() | {"error_by_lead": by_lead}
