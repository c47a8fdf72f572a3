"""AutoETS and AutoTheta, run where statsforecast is installed."""

import logging

import numpy as np
import pandas as pd
import pytest

from tests.projects import seasonal
from tsflow.errors import ConfigError
from tsflow.frequency import Frequency
from tsflow.panel import Panel
from tsflow.steps.past.statistical import METHODS, statistical
from tsflow.training import Pairs

MONTHS = Frequency.parse("MS")
REASON = "AutoETS and AutoTheta were not run: statsforecast, which holds pandas at 2.x, is not installed"
# Its dependencies warn on import.
pytestmark = pytest.mark.filterwarnings("ignore")


def ends(panel: Panel) -> Pairs:
    """The end of each series."""
    return Pairs(np.arange(len(panel)), panel.last)


@pytest.mark.parametrize("name", METHODS)
def test_a_forecast_is_that_of_statsforecast(name: str) -> None:
    forecast = pytest.importorskip("statsforecast", reason=REASON)
    frame = seasonal().assign(ds=lambda rows: pd.to_datetime(rows["ds"]))
    panel = Panel.from_frame(frame, MONTHS)
    found = statistical(name, 6, 12)(panel, ends(panel))
    method = getattr(forecast.models, METHODS[name])(season_length=12)
    own = forecast.StatsForecast([method], freq="MS").forecast(df=frame, h=6, level=[80, 95])
    for column, theirs in {"y_hat": "", "lo_80": "-lo-80", "hi_95": "-hi-95"}.items():
        assert found[column].ravel() == pytest.approx(own[METHODS[name] + theirs].to_numpy(), rel=1e-4)


@pytest.mark.parametrize("name", METHODS)
def test_gaps_constants_and_short_histories_are_forecast_too(name: str, caplog: pytest.LogCaptureFixture) -> None:
    pytest.importorskip("statsforecast", reason=REASON)
    frame = seasonal(("whole", "gaps", "constant", "short", "alone"))
    frame = frame.drop(index=frame.index[frame["unique_id"] == "gaps"][[3, 4, 50]])
    frame.loc[frame["unique_id"] == "constant", "y"] = 5.0
    for series, steps in {"short": 3, "alone": 1}.items():
        frame = frame.drop(index=frame.index[frame["unique_id"] == series][steps:])
    panel = Panel.from_frame(frame, MONTHS)
    with caplog.at_level(logging.WARNING):
        found = statistical(name, 6, 12)(panel, ends(panel))
    assert all(values.shape == (5, 6) and np.isfinite(values).all() for values in found.values())
    assert (found["lo_95"] <= found["lo_80"]).all()
    assert f"{name} cannot be fitted to" in caplog.text
    alone = list(panel.unique_ids).index("alone")
    assert found["y_hat"][alone] == pytest.approx(panel.series(alone)[0][0])


def test_an_unknown_baseline_is_named() -> None:
    with pytest.raises(ConfigError, match="no baseline 'auto_arima'; there are: auto_ets, auto_theta"):
        statistical("auto_arima", 6, 12)
