"""The common ground of one retrain: the data, and the pairs on which every candidate is compared."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from tsflow.config import Pipeline
from tsflow.evaluation.conformal import Calibration, calibrate
from tsflow.evaluation.cutoffs import Protocol, plan_protocol
from tsflow.evaluation.metrics import scaled_pinball
from tsflow.evaluation.outcomes import outcomes
from tsflow.evaluation.scale import own_scale, pair_scale, usual_scale
from tsflow.models import LEVELS
from tsflow.panel import Panel
from tsflow.steps.forecasting.quantiles import at_levels, credible
from tsflow.training import Fitted, predict
from tsflow.training.windows import Pairs

Floats = NDArray[np.float64]
PairForecast = Callable[[Pairs], Floats]
"""Quantile forecasts of pairs at ``LEVELS``, shape [P, H, Q], in units of y."""


@dataclass(frozen=True)
class Trial:
    """A panel and the protocol laid over it; a pure function of data and settings, so every task makes the same."""

    panel: Panel
    pipeline: Pipeline
    protocol: Protocol

    @classmethod
    def of(cls, panel: Panel, pipeline: Pipeline) -> "Trial":
        """Plan the zones for a pipeline's panel."""
        protocol = plan_protocol(panel, pipeline.horizon, pipeline.shape, pipeline.selection.cutoffs)
        return cls(panel, pipeline, protocol)

    def scale(self, pairs: Pairs) -> Floats:
        """Naive error of each pair at its cutoff, shape [P]."""
        return pair_scale(self.panel, pairs, self.pipeline.shape.season_length)

    @cached_property
    def unit(self) -> float:
        """The usual naive error of the series up to their ends, in units of y: the scale of what has none."""
        alive = np.flatnonzero(self.panel.lengths)
        ends = Pairs(alive, self.panel.last[alive])
        return usual_scale(own_scale(self.panel, ends, self.pipeline.shape.season_length))

    def losses(self, forecast: Floats, pairs: Pairs) -> Floats:
        """Scaled pinball loss of each pair, shape [P]; lower is better."""
        truth = outcomes(self.panel, pairs, self.pipeline.horizon)
        return scaled_pinball(forecast, LEVELS, truth.actual, truth.observed, self.scale(pairs))

    def calibration(self, forecast: PairForecast, *zones: Pairs) -> Calibration:
        """Conformal corrections learnt on held-out zones."""
        pairs = Pairs(
            *(np.concatenate(part) for part in zip(*((one.series, one.cutoff) for one in zones), strict=True))
        )
        truth = outcomes(self.panel, pairs, self.pipeline.horizon)
        return calibrate(forecast(pairs), LEVELS, truth.actual, truth.observed, self.scale(pairs))

    def mean_loss(self, losses: Floats) -> float:
        """Mean over series of each series' mean loss on the select pairs."""
        _, index, count = np.unique(self.protocol.select.series, return_inverse=True, return_counts=True)
        return float((np.bincount(index, weights=losses) / count).mean())

    def tuned(self, fitted: Fitted) -> Fitted:
        """The same with its loss on the tune pairs, if that was not measured yet."""
        if fitted.tune_loss is not None or not len(self.protocol.tune):
            return fitted
        losses = self.losses(self.raw(fitted)(self.protocol.tune), self.protocol.tune)
        return replace(fitted, tune_loss=float(losses.mean()))

    def as_published(self, fitted: Fitted) -> PairForecast:
        """The forecasts of a model trained on this panel, as they would be published."""
        return self.calibrated(self.raw(fitted), point=len(fitted.spec.levels) == 1)

    def raw(self, fitted: Fitted) -> PairForecast:
        """The forecasts of a model trained on this panel, as they come."""
        device = next(fitted.model.parameters()).device
        return lambda pairs: at_levels(predict(fitted.model, fitted.spec, self.panel, pairs, device=device))

    def calibrated(self, forecast: PairForecast, *, point: bool = False) -> PairForecast:
        """The forecasts with corrections from the tune zone: candidates are compared as they would be published.

        Where tune and select are one zone, only a ``point`` forecast is corrected, which has no widths of its own.
        """
        apart = self.protocol.kind == "three zones" and self.pipeline.intervals.conformal
        if not (apart or point):
            return lambda pairs: credible(forecast(pairs), self.panel, self.pipeline)
        widths = self.calibration(forecast, self.protocol.tune)
        return lambda pairs: credible(
            widths.apply(forecast(pairs), LEVELS, self.scale(pairs)), self.panel, self.pipeline
        )
