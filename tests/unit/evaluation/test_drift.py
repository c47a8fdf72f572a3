import math

import numpy as np
import pytest

from tsflow.evaluation.drift import LEAST_RECENT, LEAST_REFERENCE, LEVEL, _upper_tail, detect, ratio

RANDOM = np.random.default_rng(3)
STEADY = 1 + 0.1 * RANDOM.normal(size=40)


def test_a_ratio_weighs_each_lead_by_the_steps_observed() -> None:
    error, steps, promised = np.array([2.0, 6.0]), np.array([3.0, 1.0]), np.array([1.0, 3.0])
    assert ratio(error, steps, promised) == pytest.approx((3 * 2 + 6) / (3 * 1 + 3))


def test_a_lead_without_a_promise_or_an_outcome_does_not_count() -> None:
    error, steps, promised = np.array([2.0, 9.0, np.nan]), np.array([1.0, 1.0, 0.0]), np.array([1.0, np.nan, 1.0])
    assert ratio(error, steps, promised) == pytest.approx(2.0)
    assert math.isnan(ratio(error[1:], steps[1:], promised[1:]))


def test_errors_that_grew_are_drift() -> None:
    found = detect(STEADY, np.array([1.6, 1.5, 1.7, 1.6]))
    assert found.drifted
    assert found.growth == pytest.approx(1.6, rel=0.05)


def test_errors_that_shrank_are_none() -> None:
    assert not detect(STEADY, np.array([0.4, 0.5, 0.4])).drifted


def test_growth_that_is_sure_but_small_is_none() -> None:
    still = np.full(40, 1.0) + 0.001 * RANDOM.normal(size=40)
    found = detect(still, np.full(6, 1.1))
    assert found.p_value is not None
    assert found.p_value < LEVEL
    assert not found.drifted


def test_one_bad_run_is_none() -> None:
    assert not detect(STEADY, np.array([1.0, 0.9, 1.1, 1.0, 3.0])).drifted


def test_a_reference_without_any_spread_is_no_error() -> None:
    assert detect(np.ones(10), np.full(4, 2.0)).drifted
    assert not detect(np.ones(10), np.ones(4)).drifted


def test_too_few_runs_tell_nothing() -> None:
    assert detect(STEADY, np.full(LEAST_RECENT - 1, 9.0)).p_value is None
    assert detect(STEADY[: LEAST_REFERENCE - 1], np.full(6, 9.0)).p_value is None
    assert detect(STEADY, np.zeros(0)).growth is None


@pytest.mark.parametrize(
    ("t", "degrees", "tail"),
    [(31.82, 1, 0.01), (6.965, 2, 0.01), (4.541, 3, 0.01), (4.785, 7, 0.001), (3.232, 60, 0.001)],
)
def test_the_tail_of_students_t_is_that_of_the_tables(t: float, degrees: int, tail: float) -> None:
    assert _upper_tail(t, degrees) == pytest.approx(tail, rel=0.002)
    assert _upper_tail(-t, degrees) == pytest.approx(1 - tail, rel=0.001)


def test_stationary_pipelines_hear_fewer_than_one_false_alarm_in_a_thousand_slots() -> None:
    """What the module says of itself, on 8,000 slots; `benchmarks/drift.py` has the whole table."""
    from benchmarks import drift

    random = np.random.default_rng(0)
    kinds = [drift.Kind(1, 1, 10, "t4"), drift.Kind(10, 7, 3, "normal")]
    fired = [len(drift.alarms(random, kind, 1.0)) for kind in kinds for _ in range(10)]
    assert sum(fired) < 8
    grown = [drift.alarms(random, kinds[1], 2.0) for _ in range(10)]
    assert all(any(slot >= 200 for slot in one) for one in grown)
