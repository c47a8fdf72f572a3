import numpy as np
import pandas as pd
import pytest

from tsflow.errors import DataError
from tsflow.quality import checked_forecasts


def forecasts() -> pd.DataFrame:
    levels = {"lo_95": -2.0, "lo_80": -1.0, "y_hat": 0.0, "hi_80": 1.0, "hi_95": 2.0}
    keys = {
        "series_id": [1, 1, 2],
        "ds": np.array(["2024-01-01", "2024-01-02", "2024-01-01"], dtype="M8[us]"),
    }
    return pd.DataFrame(keys).assign(**levels)


def test_good_forecasts_pass_unchanged() -> None:
    pd.testing.assert_frame_equal(checked_forecasts(forecasts()), forecasts())
    assert len(checked_forecasts(forecasts().assign(lo_95=0.0, lo_80=0.0, hi_80=0.0, hi_95=0.0))) == 3


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("y_hat", 1.5, "y_hat above hi_80"),
        ("lo_95", -0.5, "lo_95 above lo_80"),
        ("hi_95", 0.5, "hi_80 above hi_95"),
        ("hi_95", np.inf, "finite"),
        ("y_hat", np.nan, "not_nullable"),
    ],
)
def test_a_forecast_that_is_wrong_is_refused(column: str, value: float, message: str) -> None:
    frame = forecasts()
    frame.loc[1, column] = value
    with pytest.raises(DataError, match=message):
        checked_forecasts(frame)


def test_a_step_that_is_forecast_twice_is_refused() -> None:
    with pytest.raises(DataError, match="uniqueness"):
        checked_forecasts(pd.concat([forecasts(), forecasts().iloc[:1]], ignore_index=True))


def test_a_missing_column_is_named() -> None:
    with pytest.raises(DataError, match="no column lo_80"):
        checked_forecasts(forecasts().drop(columns="lo_80"))
