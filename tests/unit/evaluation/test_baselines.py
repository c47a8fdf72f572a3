import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluation.panels import LEVELS, pairs_of, panel_of, panels
from tsflow.evaluation import seasonal_naive
from tsflow.training.windows import Pairs

MEDIAN = LEVELS.index(0.5)


def _point(panel, pairs, horizon, season_length):
    return seasonal_naive(panel, pairs, horizon, season_length, LEVELS)[:, :, MEDIAN]


def test_the_median_repeats_the_last_season():
    panel = panel_of([9, 9, 9, 1, 2, 3], [5, 6, 7, 8])
    forecast = _point(panel, pairs_of((0, 5), (1, 3), (0, 4)), 7, 3)
    np.testing.assert_array_equal(forecast, [[1, 2, 3, 1, 2, 3, 1], [6, 7, 8, 6, 7, 8, 6], [9, 1, 2, 9, 1, 2, 9]])


def test_a_gap_takes_the_same_step_of_the_season_before_it():
    panel = panel_of([1, 2, 3, 4, np.nan, 6, 7, np.nan, 9])
    np.testing.assert_array_equal(_point(panel, pairs_of((0, 8)), 3, 3), [[7, 2, 9]])


def test_a_step_that_no_season_has_observed_takes_the_last_value():
    panel = panel_of([1, np.nan, 3, 4, np.nan, 6])
    np.testing.assert_array_equal(_point(panel, pairs_of((0, 5)), 3, 3), [[4, 6, 6]])


def test_a_series_shorter_than_a_season_takes_the_last_value():
    panel = panel_of([1, 2, 3, 4])
    np.testing.assert_array_equal(_point(panel, pairs_of((0, 3)), 3, 12), [[4, 4, 4]])


def test_a_series_that_ended_long_ago_repeats_its_last_season():
    panel = panel_of([1, 2, 3, 4, 5, 6])
    np.testing.assert_array_equal(_point(panel, pairs_of((0, 12)), 4, 3), [[5, 6, 4, 5]])


def test_quantiles_widen_with_the_seasons_ahead():
    generator = np.random.default_rng(0)
    panel = panel_of(generator.normal(0, 1, 120))
    forecast = seasonal_naive(panel, pairs_of((0, 119)), 9, 3, LEVELS)
    width = forecast[0, :, -1] - forecast[0, :, 0]
    np.testing.assert_allclose(width[3:6] / width[:3], np.sqrt(2))
    np.testing.assert_allclose(width[6:9] / width[:3], np.sqrt(3))


def test_intervals_of_a_seasonal_random_walk_cover_what_they_say():
    generator = np.random.default_rng(1)
    steps = generator.normal(0, 1, (400, 60, 4)).cumsum(axis=1).reshape(400, 240)  # each quarter its own walk
    panel = panel_of(*steps)
    forecast = seasonal_naive(panel, pairs_of(*((s, 231) for s in range(400))), 8, 4, LEVELS)
    future = steps[:, 232:]
    for low, high, nominal in ((2, 6, 0.8), (0, 8, 0.95)):
        inside = (forecast[:, :, low] <= future) & (future <= forecast[:, :, high])
        assert abs(inside.mean() - nominal) < 0.03


@pytest.mark.parametrize("seen", [2, 3, 5, 10])
def test_intervals_of_a_series_shorter_than_a_season_are_honest(seen):
    generator = np.random.default_rng(seen)
    walks = generator.normal(0, 1, (2000, seen + 3)).cumsum(axis=1)
    forecast = seasonal_naive(panel_of(*walks), pairs_of(*((s, seen - 1) for s in range(2000))), 3, 12, LEVELS)
    future = walks[:, seen:]
    inside = (forecast[:, :, 0] <= future) & (future <= forecast[:, :, -1])
    assert 0.92 < inside.mean() < 0.98


def test_a_series_seen_once_has_a_width():
    forecast = seasonal_naive(panel_of([40.0], [0.0]), pairs_of((0, 0), (1, 0)), 2, 12, LEVELS)
    assert forecast[0, 0, MEDIAN] == 40
    assert (forecast[:, :, -1] - forecast[:, :, 0] > 1).all()


def test_a_series_of_one_season_is_wider_than_its_steps():
    panel = panel_of([0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1])
    forecast = seasonal_naive(panel, pairs_of((0, 11)), 12, 12, LEVELS)
    assert forecast[0, 0, -1] - forecast[0, 0, MEDIAN] > 1


def test_a_constant_series_is_sure_of_itself():
    forecast = seasonal_naive(panel_of([7.0] * 30), pairs_of((0, 29)), 4, 12, LEVELS)
    np.testing.assert_array_equal(forecast, 7.0)


def test_what_comes_after_the_cutoff_changes_nothing():
    past = np.random.default_rng(3).normal(size=40)
    before = seasonal_naive(panel_of(past), pairs_of((0, 39)), 6, 12, LEVELS)
    after = seasonal_naive(panel_of([*past, 1e9, -1e9]), pairs_of((0, 39)), 6, 12, LEVELS)
    np.testing.assert_array_equal(before, after)


def test_a_pair_without_an_observation_is_refused():
    with pytest.raises(ValueError, match="no observation"):
        seasonal_naive(panel_of([1.0, 2.0], starts=[5]), pairs_of((0, 4)), 2, 12, LEVELS)


def test_no_pairs_give_no_forecasts():
    assert seasonal_naive(panel_of([1.0, 2.0]), pairs_of(), 3, 12, LEVELS).shape == (0, 3, len(LEVELS))


@given(panels(), st.integers(1, 30), st.integers(1, 13), st.integers(0, 30))
def test_quantiles_are_finite_and_ascending_whatever_the_series(panel, horizon, season_length, back):
    cutoff = np.maximum(panel.last - back, panel.first)
    pairs = Pairs(np.arange(len(panel)), cutoff).take(panel.lengths > 0)
    forecast = seasonal_naive(panel, pairs, horizon, season_length, LEVELS)
    assert forecast.shape == (len(pairs), horizon, len(LEVELS))
    assert np.isfinite(forecast).all()
    assert (np.diff(forecast, axis=-1) >= 0).all()


def test_quantiles_of_few_changes_cover_what_they_say():
    walks = np.random.default_rng(4).normal(0, 1, (6000, 26)).cumsum(axis=1)  # 24 changes have been seen
    forecast = seasonal_naive(panel_of(*walks), pairs_of(*((s, 24) for s in range(6000))), 1, 1, LEVELS)[:, 0]
    inside = (forecast[:, 2] <= walks[:, 25]) & (walks[:, 25] <= forecast[:, 6])
    assert abs(inside.mean() - 0.8) < 0.015
