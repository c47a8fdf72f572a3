"""Synthetic series of trend, season and noise: company for a short history, which alone says little about either."""

import numpy as np
from numpy.typing import NDArray

from tsflow.frequency import Frequency
from tsflow.panel import Panel

Floats = NDArray[np.float64]

_SERIES = 512
"""Series made; enough that no window is seen twice by a short run."""
_SEED = 1
_HARMONICS = 4
"""Sines and cosines of which a smooth season is made."""


def synthetic_panel(frequency: Frequency, season_length: int, steps: int) -> Panel:
    """Positive series ``exp(trend + season + noise)``, half of them with a season that changes slowly.

    Args:
        frequency: The grid; stamps begin at its origin and mean nothing.
        season_length: Steps in a season; 1 for none.
        steps: Length of each series.

    Returns:
        512 series, the same every time, each with a slope of its own that may bend once, a season of random
        strength, a random walk and noise: shares of the level, of the order that monthly business series have, where
        ``steps`` are some ten seasons; over very many, slopes carry a series far.
    """
    random = np.random.default_rng(_SEED)
    parts = _trend(random, season_length, steps) + _season(random, season_length, steps) + _noise(random, steps)
    values = np.exp(random.uniform(2, 9, (_SERIES, 1)) + parts - parts.mean(axis=1, keepdims=True))
    return Panel(
        frequency,
        np.array([f"synthetic-{number}" for number in range(_SERIES)], dtype=object),
        np.arange(_SERIES, dtype=np.int64),
        values.astype(np.float32).ravel(),
        np.ones(_SERIES * steps, dtype=bool),
        np.arange(_SERIES + 1, dtype=np.int64) * steps,
        np.zeros(_SERIES, dtype=np.int64),
    )


def _trend(random: np.random.Generator, season_length: int, steps: int) -> Floats:
    """Slopes of about 5 % in twelve steps; in half of the series they bend once. Shape [S, T]."""
    ahead = np.arange(steps)
    a_step = 0.05 / min(max(season_length, 4), 12)
    slope, bend = random.normal(0, a_step, (2, _SERIES, 1))
    since = np.maximum(ahead - random.integers(0, steps, (_SERIES, 1)), 0)
    bends = random.random((_SERIES, 1)) < 0.5
    trend: Floats = slope * ahead + np.where(bends, bend * since, 0.0)
    return trend


def _season(random: np.random.Generator, season_length: int, steps: int) -> Floats:
    """A pattern of harmonics and steps of its own, and another one into which it turns. Shape [S, T]."""
    if season_length == 1:
        return np.zeros((_SERIES, steps))
    phase = np.arange(season_length) * 2 * np.pi / season_length
    order = np.arange(1, min(_HARMONICS, season_length // 2) + 1)[:, None]
    waves = np.concatenate([np.sin(order * phase), np.cos(order * phase)])  # [2 K, season]
    smooth = random.normal(0, 1, (2, _SERIES, len(waves))) @ waves / np.sqrt(len(waves))
    rough = random.normal(0, 1, (2, _SERIES, season_length)) * random.choice([0.0, 0.5, 1.0], (_SERIES, 1))
    first, other = (smooth + rough) * random.gamma(1.0, 0.12, (_SERIES, 1))  # [S, season]
    share = np.linspace(0, 1, steps) * random.choice([0.0, 0.3], (_SERIES, 1))
    which = np.arange(steps) % season_length
    season: Floats = (1 - share) * first[:, which] + share * other[:, which]
    return season


def _noise(random: np.random.Generator, steps: int) -> Floats:
    """White noise and a random walk, each of up to a few per cent. Shape [S, T]."""
    white, walk = random.normal(0, 1, (2, _SERIES, steps))
    sizes = random.gamma(1.0, 1.0, (2, _SERIES, 1))
    noise: Floats = 0.03 * sizes[0] * white + 0.01 * sizes[1] * np.cumsum(walk, axis=1)
    return noise
