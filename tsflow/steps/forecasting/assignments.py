"""Assignments: which series are forecast by whom, and what comes of it."""

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsflow.evaluation import network_asked, pair_scale
from tsflow.models import LEVELS
from tsflow.panel import Panel
from tsflow.steps.data.known import ended
from tsflow.steps.forecasting.forecaster import Forecaster, Quantiles, baseline
from tsflow.steps.slot.clock import to_datetime
from tsflow.steps.slot.job import Job
from tsflow.store.forecasts import Origin
from tsflow.training.windows import Pairs

COLUMNS = {"y_hat": 0.5, "lo_80": 0.1, "hi_80": 0.9, "lo_95": 0.025, "hi_95": 0.975}
"""Columns of `forecasts` and their quantile levels."""


@dataclass(frozen=True)
class Assignment:
    """Series forecast from their last observation by the same forecaster."""

    indices: NDArray[np.int64]
    """Of the series in the panel, shape [P]."""
    forecaster: Forecaster
    quantiles: Quantiles
    """Shape [P, H, Q]."""

    @classmethod
    def of(cls, panel: Panel, indices: NDArray[np.int64], forecaster: Forecaster) -> "Assignment":
        """Forecast some series, each of which has an observation."""
        return cls(indices, forecaster, forecaster.quantiles(panel, Pairs(indices, panel.last[indices])))

    def take(self, chosen: NDArray[np.bool_]) -> "Assignment":
        """The part of the chosen series."""
        return Assignment(self.indices[chosen], self.forecaster, self.quantiles[chosen])

    def rows(self, panel: Panel) -> pd.DataFrame:
        """The rows of `forecasts`: ``series_id, ds, lead`` and the columns, in units of y."""
        horizon = self.quantiles.shape[1]
        leads = np.tile(np.arange(1, horizon + 1), len(self.indices))
        positions = np.repeat(panel.last[self.indices], horizon) + leads
        values = {name: self.quantiles[:, :, LEVELS.index(level)].ravel() for name, level in COLUMNS.items()}
        ids = np.repeat(panel.series_ids[self.indices], horizon)
        return pd.DataFrame({"series_id": ids, "ds": panel.frequency.timestamp(positions), "lead": leads, **values})

    def origins(self, panel: Panel, season_length: int) -> list[Origin]:
        """The rows of `forecast_origins`."""
        scales = pair_scale(panel, Pairs(self.indices, panel.last[self.indices]), season_length)
        cutoffs = panel.frequency.timestamp(panel.last[self.indices])
        return [
            Origin(
                series_id=int(series_id),
                cutoff=to_datetime(cutoff),
                model_id=self.forecaster.model_id,
                source=self.forecaster.source,
                reason=self.forecaster.reason,
                scale=float(scale),
            )
            for series_id, cutoff, scale in zip(panel.series_ids[self.indices], cutoffs, scales, strict=True)
        ]


def assign(job: Job, panel: Panel, chosen: Forecaster) -> list[Assignment]:
    """Forecast all series that are alive: by the chosen forecaster, or by seasonal naive where that cannot be.

    A network is not asked about a series of less than a season, and a forecast of its that is not finite is not used.
    """
    alive = (panel.lengths > 0) & ~ended(job, panel)
    season = job.pipeline.shape.season_length
    asked = network_asked(panel, Pairs(np.arange(len(panel)), panel.last), season)
    short = alive & ~asked & (chosen.source == "champion")
    usual = Assignment.of(panel, np.flatnonzero(alive & ~short), chosen)
    finite: NDArray[np.bool_] = np.asarray(np.isfinite(usual.quantiles).all(axis=(1, 2)))
    too_short = baseline(job, f"fewer than {season} observations, which is a season")
    not_finite = baseline(job, f"a value that is not finite came from {chosen.reason}")
    assignments = [
        usual.take(finite),
        Assignment.of(panel, np.flatnonzero(short), too_short),
        Assignment.of(panel, usual.indices[~finite], not_finite),
    ]
    return [one for one in assignments if len(one.indices)]
