"""Errors of forecasts, one number for each pair of P; the mean over series is taken by whoever reports.

Definitions are those of the M4 organisers ("Benchmarks and Evaluation.R" in Mcompetitions/M4-methods;
Makridakis, Spiliotis & Assimakopoulos 2020, "The M4 Competition", sections 2.3 and 2.4). In every function
``actual`` and ``forecast`` have shape [P, H], ``observed`` is their mask, lower is better (except coverage),
and a pair with no observed step has an error of NaN.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


def mae(forecast: Floats, actual: Floats, observed: Mask) -> Floats:
    """Mean absolute error, in units of y, shape [P]."""
    return _mean(np.abs(actual - forecast), observed)


def rmse(forecast: Floats, actual: Floats, observed: Mask) -> Floats:
    """Root of the mean squared error, in units of y, shape [P]."""
    root: Floats = np.sqrt(_mean((actual - forecast) ** 2, observed))
    return root


def smape(forecast: Floats, actual: Floats, observed: Mask) -> Floats:
    """Symmetric mean absolute percentage error, 0 to 200, shape [P]; a forecast of 0 for a 0 is exact."""
    size = np.abs(actual) + np.abs(forecast)
    return _mean(200.0 * np.abs(actual - forecast) / np.where(size == 0, 1.0, size), observed)


def mase(forecast: Floats, actual: Floats, observed: Mask, scale: Floats) -> Floats:
    """Mean absolute scaled error, shape [P].

    Args:
        forecast: Shape [P, H].
        actual: Shape [P, H].
        observed: Shape [P, H].
        scale: ``mase_scale`` of each history, shape [P]; where it is 0 or NaN the error is NaN.

    Hyndman & Koehler (2006), "Another look at measures of forecast accuracy".
    """
    return mae(forecast, actual, observed) / _usable(scale)


def mase_scale(history: Floats, season_length: int) -> float:
    """Mean absolute seasonal difference of one history, shape [n]; NaN if it is no longer than a season."""
    if len(history) <= season_length:
        return float("nan")
    return float(np.mean(np.abs(history[season_length:] - history[:-season_length])))


def owa(smape: float, mase: float, naive2_smape: float, naive2_mase: float) -> float:
    """Overall weighted average of means over series: 1.0 is as good as Naive2."""
    return (smape / naive2_smape + mase / naive2_mase) / 2


def coverage(lower: Floats, upper: Floats, actual: Floats, observed: Mask) -> Floats:
    """Share of the observed steps within [lower, upper], shape [P]; best where it is the nominal share."""
    return _mean(((lower <= actual) & (actual <= upper)).astype(np.float64), observed)


def msis(lower: Floats, upper: Floats, actual: Floats, observed: Mask, scale: Floats, *, level: float = 0.95) -> Floats:
    """Mean scaled interval score: width plus 2 / (1 - level) times the distance outside; shape [P].

    ``scale`` as in ``mase``. Gneiting & Raftery (2007), "Strictly proper scoring rules", section 6.2.
    """
    outside = np.maximum(lower - actual, 0) + np.maximum(actual - upper, 0)
    return _mean(upper - lower + 2.0 / (1.0 - level) * outside, observed) / _usable(scale)


def scaled_pinball(quantiles: Floats, levels: Sequence[float], actual: Floats, observed: Mask, scale: Floats) -> Floats:
    """The loss that selects: mean pinball loss over levels and observed steps, over the scale; shape [P].

    Args:
        quantiles: Forecasts, shape [P, H, Q]; one that is not finite makes its pair's loss NaN or infinite.
        levels: Of the quantiles, length Q, each in (0, 1).
        actual: Shape [P, H].
        observed: Shape [P, H].
        scale: ``pair_scale`` of each pair, positive, shape [P].

    Koenker & Bassett (1978), "Regression Quantiles", eq. 1.1.
    """
    total = np.zeros(actual.shape)
    for index, level in enumerate(levels):  # a sum in place: [P, H, Q] errors would triple the memory
        error = actual - quantiles[:, :, index]
        total += np.maximum(level * error, (level - 1.0) * error)
    return _mean(total / len(levels), observed) / scale


def _mean(errors: Floats, observed: Mask) -> Floats:
    count = observed.sum(axis=1)
    total = np.where(observed, errors, 0.0).sum(axis=1)
    mean: Floats = np.divide(total, count, out=np.full(len(errors), np.nan), where=count > 0)
    return mean


def _usable(scale: Floats) -> Floats:
    return np.where(scale > 0, scale, np.nan)
