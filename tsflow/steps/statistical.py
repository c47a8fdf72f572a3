"""AutoETS and AutoTheta through statsforecast, which holds pandas at 2.x and so is an extra of its own."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.errors import ConfigError
from tsflow.panel import Panel
from tsflow.steps.shares import COLUMNS
from tsflow.training import Pairs

Floats = NDArray[np.float64]
Statistical = Callable[[Panel, Pairs], dict[str, Floats]]
"""The columns of `forecasts` of each pair, [P, H] each."""
_COVERAGES = (80, 95)


def statistical(name: str, horizon: int, season_length: int) -> Statistical:
    """A method of statsforecast, fitted to each pair's own history; gaps are filled on a straight line.

    Raises:
        ConfigError: If statsforecast is not installed.
    """
    try:
        from statsforecast import models  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ConfigError(
            f"{name} needs statsforecast, which holds pandas at 2.x: pip install 'tsflow[statistics]' in an "
            "environment of its own"
        ) from None
    method = {"auto_ets": models.AutoETS, "auto_theta": models.AutoTheta}[name]

    def forecast(panel: Panel, pairs: Pairs) -> dict[str, Floats]:
        said: list[dict[str, Any]] = []
        for index, cutoff in zip(pairs.series.tolist(), pairs.cutoff.tolist(), strict=True):
            values, observed = panel.series(index)
            steps = np.arange(min(len(values), cutoff - int(panel.first[index]) + 1))
            seen = observed[: len(steps)]
            filled = np.interp(steps, steps[seen], values[: len(steps)][seen].astype(np.float64))
            said.append(method(season_length=season_length).forecast(y=filled, h=horizon, level=list(_COVERAGES)))
        names = {"y_hat": "mean"} | {column: column.replace("_", "-") for column in COLUMNS if column != "y_hat"}
        return {column: np.array([one[name] for one in said]) for column, name in names.items()}

    return forecast
