"""Naive2, the M4 competition's yardstick: naive on the seasonally adjusted series, if it is seasonal at all.

As in "Benchmarks and Evaluation.R" of the M4 organisers (functions SeasonalityTest and Benchmarks).
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def naive2(history: Floats, horizon: int, season_length: int) -> Floats:
    """Last seasonally adjusted value times the seasonal index of each step ahead.

    Args:
        history: One series without gaps, oldest first, shape [n], at least one value.
        horizon: Steps ahead, H.
        season_length: Steps in a season.

    Returns:
        Shape [H]; the last value repeated where the series is not seasonal or an index is not finite.
    """
    if is_seasonal(history, season_length):
        with np.errstate(divide="ignore", invalid="ignore"):
            indices = _seasonal_indices(history, season_length)
            ahead = (len(history) + np.arange(horizon)) % season_length
            forecast: Floats = history[-1] / indices[(len(history) - 1) % season_length] * indices[ahead]
        if np.isfinite(forecast).all():
            return forecast
    return np.repeat(history[-1], horizon)


def is_seasonal(history: Floats, season_length: int) -> bool:
    """Whether the autocorrelation at the season is beyond its 90 % limit; needs three seasons."""
    count = len(history)
    if season_length <= 1 or count < 3 * season_length:
        return False
    correlation = _autocorrelation(history)
    if len(correlation) < season_length:
        return False
    shorter = correlation[: season_length - 1]
    limit = 1.645 * np.sqrt((1 + 2 * np.sum(shorter**2)) / count)
    return bool(np.abs(correlation[season_length - 1]) > limit)


def _autocorrelation(history: Floats) -> Floats:
    """R's ``acf``: lags 1 to 10 log10(n), the divisor always that of lag 0."""
    count = len(history)
    lags = min(count - 1, int(10 * np.log10(count)))
    centred = history - history.mean()
    variance = centred @ centred
    if variance == 0:
        return np.full(lags, np.nan)
    return np.array([centred[lag:] @ centred[: count - lag] / variance for lag in range(1, lags + 1)])


def _seasonal_indices(history: Floats, season_length: int) -> Floats:
    """R's ``decompose(type = "multiplicative")$figure``: the mean ratios to the moving average."""
    if season_length % 2:
        weights = np.ones(season_length) / season_length
    else:
        weights = np.concatenate([[0.5], np.ones(season_length - 1), [0.5]]) / season_length
    half = len(weights) // 2
    trend = np.full(len(history), np.nan)
    trend[half : len(history) - half] = np.convolve(history, weights, "valid")
    ratio = history / trend
    indices: Floats = np.array([np.nanmean(ratio[place::season_length]) for place in range(season_length)])
    figure: Floats = indices / indices.mean()
    return figure
