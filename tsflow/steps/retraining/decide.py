"""Choose between the candidates of a retrain, train the winner on everything, make it champion."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.errors import TrainingError
from tsflow.evaluation import Calibration, Candidate, Choice, choose
from tsflow.process import wall_clock
from tsflow.steps.data.known import active_panel
from tsflow.steps.forecasting.champion import champion, in_force
from tsflow.steps.forecasting.forecaster import calibration_of
from tsflow.steps.retraining.calibration import calibration, seasonal_naive_of, unrefit
from tsflow.steps.retraining.ensemble import ENSEMBLE, ensemble_candidate, refit_ensemble
from tsflow.steps.retraining.incumbent import incumbent
from tsflow.steps.retraining.promised import promised
from tsflow.steps.retraining.train import FAILS_ALONE, record_scores, refit
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.job import Job, Progress
from tsflow.steps.slot.run import failing
from tsflow.store import decisions, models
from tsflow.store.models import ModelRow
from tsflow.training import Pairs

BASELINE = "seasonal_naive"


@dataclass(frozen=True)
class Verdict:
    """Who is to be champion, and what is written down about it."""

    model: ModelRow
    choice: Choice
    calibration: Calibration | None
    refit: dict[str, Any] | None
    """The check of the refit weights; none where there are none."""


def decide(job: Job, run_id: int, on_progress: Progress | None = None) -> int:
    """One decision for a retrain, with all numbers and the reason; returns its id. A retry returns the one made.

    Where nothing could be held out, or neither a candidate nor the present champion beat it, the champion is seasonal
    naive.

    Raises:
        TrainingError: If no candidate could be trained; the champion stays.
    """
    made = decisions.of_run(job.engine, run_id)
    if made:
        return made.id
    with failing(job, run_id):
        return _decide(job, run_id, on_progress)


def _decide(job: Job, run_id: int, on_progress: Progress | None) -> int:
    trial = Trial.of(active_panel(job), job.pipeline)
    verdict = _judge(job, run_id, trial, on_progress)
    decision = decisions.record(
        job.engine,
        job.fence,
        run_id,
        now=wall_clock(),
        outcome=verdict.choice.outcome,
        model_id=verdict.model.id,
        reason=verdict.choice.reason,
        candidates=verdict.choice.table,
        protocol=trial.protocol.describe() | {"refit": verdict.refit},
        margin=job.pipeline.selection.margin,
        calibration=verdict.calibration.to_json() if verdict.calibration else None,
        promise=promised(job, trial, verdict.choice.winner),
    )
    if decision.outcome == "baseline" and decision.candidates:
        job.alert("baseline", f"no model beat seasonal naive, which is published instead: {decision.reason}")
    return decision.id


def _judge(job: Job, run_id: int, trial: Trial, on_progress: Progress | None) -> Verdict:
    baseline = _baseline(job, run_id, trial)
    if not len(trial.protocol.select):
        nobody = Candidate(BASELINE, BASELINE, np.zeros(0), baseline.id)
        all_ended = (
            "" if len(trial.panel) else "all series have ended (is the clock right? `clock: data` is for the past); "
        )
        reason = f"nothing could be held out: {all_ended}{trial.protocol.reason}"
        return Verdict(baseline, Choice("baseline", nobody, reason, []), None, None)
    if not any((row.role, row.status) == ("candidate", "trained") for row in models.of_run(job.engine, run_id)):
        raise TrainingError(f"{job.name}: no candidate could be trained, so the champion stays; the models say why")
    if job.pipeline.selection.publish != "best":
        ensemble = ensemble_candidate(job, run_id, trial)
        if ensemble and job.pipeline.training.refit == "all":
            refit_ensemble(job, trial, ensemble, on_progress)
    eligible = _eligible(job, run_id)
    choice = _choose(job, eligible, trial, baseline)
    winner = next(row for row in models.of_run(job.engine, run_id) if row.id == choice.winner.model_id)
    assert winner.select_loss is not None
    present = incumbent(job, trial, {row.architecture for row in eligible})
    kept = present.keeps_place(choice, winner.select_loss, job.pipeline.selection.margin) if present else None
    if present and kept:
        standing = calibration_of(in_force(job))
        return Verdict(present.row, kept, standing, None)
    if winner.role == "baseline":
        return Verdict(winner, choice, calibration(job, trial, seasonal_naive_of(job, trial)), None)
    corrections = calibration(job, trial, unrefit(job, trial, winner))
    if job.pipeline.training.refit == "none":
        return Verdict(winner, choice, corrections, None)
    try:
        again = refit_ensemble if winner.architecture == ENSEMBLE else refit
        refitted = again(job, trial, winner, on_progress)
    except FAILS_ALONE as error:
        return Verdict(winner, choice, corrections, {"failed": str(error)})
    check = {"loss": refitted.select_loss, "loss_before": winner.select_loss, "collapsed": refitted.error}
    return Verdict(winner if refitted.error else refitted, choice, corrections, check)


def _baseline(job: Job, run_id: int, trial: Trial) -> ModelRow:
    """Seasonal naive's own row and scores, on the same pairs as everyone's."""
    season_length = job.pipeline.shape.season_length
    values = models.Training(
        architecture=BASELINE, role="baseline", parameters=0, configuration={"season_length": season_length}
    )
    row = models.record(job.engine, job.fence, run_id, values)
    pairs = trial.protocol.select
    if len(pairs):
        record_scores(job, trial, row.id, trial.losses(trial.calibrated(seasonal_naive_of(job, trial))(pairs), pairs))
    return row


def _eligible(job: Job, run_id: int) -> list[ModelRow]:
    """The candidates that `publish` lets be chosen, those that failed, too; a single network has no ensemble."""
    candidates = [row for row in models.of_run(job.engine, run_id) if row.role == "candidate"]
    if job.pipeline.selection.publish == "ensemble":
        return [row for row in candidates if row.architecture == ENSEMBLE] or candidates
    return candidates


def _choose(job: Job, eligible: list[ModelRow], trial: Trial, baseline: ModelRow) -> Choice:
    scores = models.scores(job.engine, baseline.run_id)
    pairs = trial.protocol.select
    present = champion(job)

    def candidate(row: ModelRow) -> Candidate:
        losses = scores.get(row.id, np.zeros(0))
        lost = np.full(len(pairs), np.nan)  # a loss that was not finite is not stored
        return Candidate(row.architecture, row.architecture, losses if len(losses) == len(pairs) else lost, row.id)

    return choose(
        [candidate(row) for row in eligible if row.status == "trained"],
        candidate(baseline),
        _in_score_order(trial, pairs),
        champion_architecture=present.architecture if present else None,
        preferred=ENSEMBLE if job.pipeline.selection.publish == "auto" else None,
        margin=job.pipeline.selection.margin,
        seed=job.pipeline.training.seed,
    )


def _in_score_order(trial: Trial, pairs: Pairs) -> NDArray[np.int64]:
    """The series of each pair, in the order in which the store returns scores: by series id, then cutoff."""
    ids = trial.panel.series_ids[pairs.series]
    ordered: NDArray[np.int64] = ids[np.lexsort((pairs.cutoff, ids))]
    return ordered
