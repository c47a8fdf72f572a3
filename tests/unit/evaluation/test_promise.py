import numpy as np
import pytest

from tsflow.evaluation import Outcomes
from tsflow.evaluation.promise import promise
from tsflow.training.windows import Pairs

LEVELS = (0.025, 0.1, 0.5, 0.9, 0.975)


def test_errors_are_by_cutoff_and_lead_and_scaled() -> None:
    pairs = Pairs(np.array([0, 1, 0, 1]), np.array([10, 20, 11, 22]))  # each series has cutoffs of its own
    quantiles = np.zeros((4, 2, 5))
    actual = np.array([[2.0, 4.0], [6.0, 6.0], [1.0, 1.0], [3.0, 0.0]])
    observed = np.array([[True, True], [True, True], [True, True], [True, False]])
    made = promise(quantiles, LEVELS, Outcomes(actual, observed), np.array([2.0, 3.0, 1.0, 1.0]), pairs)
    assert made["error"] == [[1.5, 2.0], [2.0, 1.0]]
    assert made["bias"] == pytest.approx(-np.mean([1, 2, 2, 2, 1, 1, 3]))
    assert made["coverage_80"] == 0


def test_a_young_series_has_the_newest_cutoffs() -> None:
    pairs = Pairs(np.array([0, 0, 0, 1, 1]), np.array([10, 20, 30, 20, 30]))
    actual = np.array([[1.0], [2.0], [3.0], [2.0], [3.0]])
    truth = Outcomes(actual, np.ones((5, 1), dtype=bool))
    assert promise(np.zeros((5, 1, 5)), LEVELS, truth, np.ones(5), pairs)["error"] == [[1.0], [2.0], [3.0]]


def test_a_step_that_nobody_observed_promises_nothing() -> None:
    quantiles = np.tile(np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), (1, 2, 1))
    observed = np.array([[True, False]])
    made = promise(
        quantiles,
        LEVELS,
        Outcomes(np.array([[1.5, 0.0]]), observed),
        np.ones(1),
        Pairs(np.zeros(1, int), np.ones(1, int)),
    )
    assert made == {"error": [[1.5, None]], "bias": -1.5, "coverage_80": 0.0, "coverage_95": 1.0}
