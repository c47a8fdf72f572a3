"""What every quantile forecast must be: at all levels, and credible."""

import numpy as np
from numpy.typing import NDArray

from tsflow.config import Pipeline
from tsflow.models import LEVELS
from tsflow.panel import Panel

Floats = NDArray[np.float64]


def credible(forecast: Floats, panel: Panel, pipeline: Pipeline) -> Floats:
    """Quantiles without negative values, where the panel has none; a configured ``transform: none`` lets them pass."""
    free = pipeline.training.transform == "none" or panel.has_negative
    return forecast if free else np.maximum(forecast, 0.0)


def at_levels(forecast: Floats) -> Floats:
    """A point forecast [P, H, 1] as quantiles without width, for calibration to widen; others as they are."""
    return np.repeat(forecast, len(LEVELS), axis=-1) if forecast.shape[-1] == 1 else forecast
