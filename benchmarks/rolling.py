"""Rolling evaluation: one forecaster at many cutoffs of the test part, with all that was observed up to each."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
from scoring import Dataset

from tsflow.frequency import Frequency
from tsflow.models import LEVELS
from tsflow.panel import Panel
from tsflow.steps.forecasting.assignments import COLUMNS
from tsflow.steps.forecasting.forecaster import Forecaster
from tsflow.training import Pairs

_PAIRS = 1024  # at a time: 720 steps by nine quantiles take 53 MB


def rolled(forecaster: Forecaster, data: Dataset, every: int) -> pd.DataFrame:
    """``unique_id, ds, cutoff, yhat, lo_80, hi_80, lo_95, hi_95`` for every cutoff whose horizon was observed."""
    grid = Frequency.parse(data.frequency)
    panel = Panel.from_frame(pd.concat([data.seen.drop(columns="split"), data.asked]), grid)
    return pd.concat(_parts(forecaster, panel, _pairs(panel, data, every)), ignore_index=True)


def _pairs(panel: Panel, data: Dataset, every: int) -> Pairs:
    """From the last step before each series' test part, as long as a whole horizon follows."""
    stamps = data.asked.groupby("unique_id")["ds"].min().reindex(panel.unique_ids).to_numpy().astype("M8[us]")
    first = panel.frequency.position(stamps) - 1
    cutoffs = [np.arange(begin, last - data.horizon + 1, every) for begin, last in zip(first, panel.last, strict=True)]
    return Pairs(np.repeat(np.arange(len(panel)), [len(one) for one in cutoffs]), np.concatenate(cutoffs))


def _parts(forecaster: Forecaster, panel: Panel, pairs: Pairs) -> Iterator[pd.DataFrame]:
    for begin in range(0, len(pairs), _PAIRS):
        some = pairs.take(slice(begin, begin + _PAIRS))
        quantiles = forecaster.quantiles(panel, some).astype(np.float32)  # [P, H, Q]
        horizon = quantiles.shape[1]
        ahead = some.cutoff[:, None] + np.arange(1, horizon + 1)
        values = {name: quantiles[:, :, LEVELS.index(level)].ravel() for name, level in COLUMNS.items()}
        yield pd.DataFrame(
            {
                "unique_id": np.repeat(panel.unique_ids[some.series], horizon),
                "ds": panel.frequency.timestamp(ahead.ravel()),
                "cutoff": np.repeat(panel.frequency.timestamp(some.cutoff), horizon),
                "yhat": values.pop("y_hat"),
                **values,
            }
        )
