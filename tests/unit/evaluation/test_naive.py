import numpy as np

from tests.unit.evaluation.panels import panel_of
from tsflow.evaluation.naive import drift
from tsflow.training.windows import Pairs


def test_drift_goes_on_from_the_last_value_though_the_cutoff_is_later() -> None:
    panel = panel_of(np.arange(25.0))
    forecast = drift(panel, Pairs(np.array([0]), np.array([29])), 3, (0.5,))
    assert forecast[0, :, 0].tolist() == [30, 31, 32]
