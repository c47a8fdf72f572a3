"""What any candidate of a retrain would forecast: compared, never published."""

import numpy as np
import pandas as pd

from tsflow.errors import DataError
from tsflow.panel import Panel
from tsflow.steps.data.known import active_panel
from tsflow.steps.data.shards import as_whole
from tsflow.steps.forecasting.assignments import assign
from tsflow.steps.forecasting.forecaster import Forecaster, network
from tsflow.steps.retraining.calibration import calibration, unrefit
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.job import Job
from tsflow.store import models


def preview(job: Job, run_id: int, architecture: str) -> pd.DataFrame:
    """The calibrated forecasts of one architecture, by its refit weights where there are any.

    Returns:
        ``unique_id, ds, lead, y_hat, lo_80, hi_80, lo_95, hi_95`` for every living series, in units of y.

    Raises:
        DataError: If the retrain has no trained candidate of that architecture.
    """
    panel = active_panel(job)
    forecaster = candidate_forecaster(job, run_id, architecture, panel)
    assignments = assign(job, as_whole(job, panel), forecaster)
    rows = pd.concat([one.rows(panel) for one in assignments], ignore_index=True)
    place = np.searchsorted(np.sort(panel.series_ids), rows["series_id"])
    names = panel.unique_ids[np.argsort(panel.series_ids)][place]
    return rows.drop(columns="series_id").assign(unique_id=names)


def candidate_forecaster(job: Job, run_id: int, architecture: str, panel: Panel) -> Forecaster:
    """How one architecture of a retrain on ``panel`` would forecast, calibrated.

    Raises:
        DataError: If the retrain has no trained candidate of that architecture.
    """
    candidate = models.find(job.engine, run_id, architecture, "candidate")
    if candidate is None or candidate.status != "trained":
        raise DataError(f"retrain {run_id} has no trained {architecture}: see `tsflow leaderboard`")
    trial = Trial.of(panel, job.pipeline)
    row = models.find(job.engine, run_id, architecture, "refit") or candidate
    return network(job, row, calibration(job, trial, unrefit(job, trial, candidate)))
