"""A whole slot, one step after another, in this process: what the pipeline flow does with tasks."""

import logging

from tsflow.errors import ArtifactError, TrainingError
from tsflow.steps.data.ingest import ingest
from tsflow.steps.forecasting.forecast import forecast
from tsflow.steps.retraining.decide import decide
from tsflow.steps.retraining.plan import Skipped, plan_retrain
from tsflow.steps.retraining.recipes import choose_recipes
from tsflow.steps.retraining.train import FAILS_ALONE, train_candidate
from tsflow.steps.slot.job import Job, Progress
from tsflow.steps.slot.run import failing
from tsflow.steps.watch.verify import verify

logger = logging.getLogger("tsflow")


def run_slot(job: Job, on_progress: Progress | None = None) -> int:
    """Ingest, retrain if due, forecast, verify; returns the forecast run's id. A slot of the past ingests nothing."""
    if job.ticket.known_at is None:
        ingest(job, on_progress)
    try:
        retrain(job, on_progress)
    except (TrainingError, ArtifactError) as error:  # what is champion forecasts
        logger.warning("%s: %s", job.name, error)
        job.alert("failed", str(error))
    run_id = forecast(job, on_progress)
    verify(job, run_id)
    return run_id


def retrain(job: Job, on_progress: Progress | None = None) -> int | Skipped:
    """Train every candidate and decide; returns the decision's id, or why no retrain was due.

    An architecture that fails fails alone: its row says why, and the decision is made among the others.
    """
    planned = plan_retrain(job)
    if isinstance(planned, Skipped):
        return planned
    with failing(job, planned.run_id):
        if planned.architectures:
            choose_recipes(job, planned.run_id, on_progress)
        for architecture in planned.architectures:
            try:
                train_candidate(job, planned.run_id, architecture, on_progress)
            except FAILS_ALONE as error:
                logger.warning("%s: %s failed: %s", job.name, architecture, error)
        return decide(job, planned.run_id, on_progress)
