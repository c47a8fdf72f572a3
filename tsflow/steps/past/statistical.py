"""AutoETS and AutoTheta through statsforecast, which holds pandas at 2.x and so is an extra of its own."""

import logging
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.errors import ConfigError
from tsflow.evaluation.naive import naive
from tsflow.models import LEVELS
from tsflow.panel import Panel
from tsflow.steps.forecasting.assignments import COLUMNS
from tsflow.training import Pairs

Floats = NDArray[np.float64]
Statistical = Callable[[Panel, Pairs], dict[str, Floats]]
"""The columns of `forecasts` of each pair, [P, H] each."""

METHODS = {"auto_ets": "AutoETS", "auto_theta": "AutoTheta"}
"""Classes of statsforecast by the names that they have here."""
_COVERAGES = (80, 95)
_NAMES = {column: "mean" if column == "y_hat" else column.replace("_", "-") for column in COLUMNS}
logger = logging.getLogger("tsflow")


def statistical(name: str, horizon: int, season_length: int) -> Statistical:
    """A method of statsforecast, fitted to each pair's own history; gaps are filled on a straight line.

    A history that it cannot be fitted to, such as one of two steps, is forecast by the last value.

    Raises:
        ConfigError: If it is none of `METHODS`, or statsforecast is not installed.
    """
    if name not in METHODS:
        raise ConfigError(f"no baseline {name!r}; there are: {', '.join(METHODS)}")
    try:
        from statsforecast import models  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ConfigError(
            f"{name} needs statsforecast, which holds pandas at 2.x: pip install 'tsflow[statistics]' in an "
            "environment of its own"
        ) from None
    method = getattr(models, METHODS[name])

    def fitted(history: Floats) -> dict[str, Any] | None:
        try:
            with np.errstate(all="ignore"):  # of a constant it divides by zero, and goes on
                said: dict[str, Any] = method(season_length=season_length).forecast(
                    y=history, h=horizon, level=list(_COVERAGES)
                )
        except Exception:  # as statsforecast's own `fallback_model` does: of short histories it raises many kinds
            return None
        return said if all(np.isfinite(said[theirs]).all() for theirs in _NAMES.values()) else None

    def forecast(panel: Panel, pairs: Pairs) -> dict[str, Floats]:
        last = naive(panel, pairs, horizon, LEVELS)  # [P, H, Q]
        columns = {column: last[:, :, LEVELS.index(level)].copy() for column, level in COLUMNS.items()}
        failed = 0
        for number, (index, cutoff) in enumerate(zip(pairs.series.tolist(), pairs.cutoff.tolist(), strict=True)):
            said = fitted(_filled(panel, index, cutoff))
            failed += said is None
            if said is not None:
                for column, theirs in _NAMES.items():
                    columns[column][number] = said[theirs]
        if failed:
            logger.warning(
                "%s cannot be fitted to %d of %d histories: their last values instead", name, failed, len(pairs)
            )
        return columns

    return forecast


def _filled(panel: Panel, index: int, cutoff: int) -> Floats:
    """The values of a series up to a cutoff."""
    values, observed = panel.series(index)
    steps = np.arange(min(len(values), cutoff - int(panel.first[index]) + 1))
    seen = observed[: len(steps)]
    filled: Floats = np.interp(steps, steps[seen], values[: len(steps)][seen].astype(np.float64))
    return filled
