"""The present champion's own weights, where there are cutoffs that neither they nor the candidates have seen."""

from collections.abc import Collection
from dataclasses import dataclass

from tsflow.errors import ArtifactError
from tsflow.evaluation import Candidate, Choice
from tsflow.steps.forecasting.champion import champion, in_force
from tsflow.steps.forecasting.forecaster import calibration_of, network, unfit
from tsflow.steps.retraining.trial import Trial
from tsflow.steps.slot.clock import to_datetime
from tsflow.steps.slot.job import Job
from tsflow.store.models import ModelRow


@dataclass(frozen=True)
class Incumbent:
    """A champion that may be judged on the select pairs, and how it did."""

    row: ModelRow
    loss: float

    def keeps_place(self, choice: Choice, winner_loss: float, margin: float) -> Choice | None:
        """The choice of the champion as it is, if it is better than the best new one by the margin, or than naive."""
        alone = choice.outcome == "baseline"
        if not self.loss < winner_loss * (1 if alone else 1 - margin):  # NaN is no reason to stay
            return None
        reason = (
            f"on cutoffs after {self.row.trained_until:%Y-%m-%d}, the champion's own weights (model {self.row.id}, "
            f"{self.row.architecture}, {self.loss:.4f}) are better than "
            f"{'seasonal naive' if alone else 'the best new ones'}: {choice.reason}"
        )
        name = f"champion {self.row.architecture}"
        return Choice(
            "renewed",
            Candidate(name, self.row.architecture, choice.winner.losses, self.row.id),
            reason,
            choice.table,
        )


def incumbent(job: Job, trial: Trial, eligible: Collection[str]) -> Incumbent | None:
    """The champion, if every select cutoff is later than all that it has seen, and it can still forecast.

    Args:
        job: The slot.
        trial: Whose select pairs judge.
        eligible: Architectures that can be chosen as the pipeline is configured now; no other keeps its place.
    """
    row = champion(job)
    pairs = trial.protocol.select
    if row is None or row.role != "refit" or row.trained_until is None or not len(pairs):
        return None  # weights that were not refit have been chosen on later cutoffs than they were trained on
    first = to_datetime(trial.panel.frequency.timestamp(pairs.cutoff.min(keepdims=True))[0])
    if row.trained_until >= first or row.architecture not in eligible or unfit(job.pipeline, row):
        return None
    try:
        forecaster = network(job, row, calibration_of(in_force(job)))
    except ArtifactError:
        return None
    return Incumbent(row, trial.mean_loss(trial.losses(forecaster.quantiles(trial.panel, pairs), pairs)))
