import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluation.panels import pairs_of, panel_of, panels
from tsflow.evaluation import pair_scale


def test_the_scale_is_the_mean_seasonal_difference():
    panel = panel_of([1, 2, 3, 5, 7, 9])
    assert scale_of(panel, 3, 5)[0] == pytest.approx((4 + 5 + 6) / 3)


def test_the_scale_sees_nothing_after_its_last_step():
    panel = panel_of([1, 2, 3, 5, 1e9, 0])
    assert scale_of(panel, 3, 3)[0] == pytest.approx(4)


def test_the_scale_skips_gaps():
    panel = panel_of([1, np.nan, 3, 5, 7, 9])
    assert scale_of(panel, 3, 5)[0] == pytest.approx((4 + 6) / 2)


def test_the_scale_of_less_than_a_season_compares_neighbours():
    assert scale_of(panel_of([1, 2, 4]), 12, 2)[0] == pytest.approx(1.5)


def test_the_scale_of_a_constant_series_is_a_hundredth_of_its_level():
    assert scale_of(panel_of([50.0] * 30), 12, 29)[0] == pytest.approx(0.5)


def test_the_scale_of_zeros_is_that_of_the_other_series():
    scale = scale_of(panel_of([0.0] * 10, [0, 4, 0, 4, 0], [0, 6, 0, 6, 0]), 1, 9)
    assert scale.tolist() == [5.0, 4.0, 6.0]
    assert scale_of(panel_of([0.0] * 10), 1, 9).tolist() == [1.0]


def test_a_small_series_keeps_its_scale_beside_a_huge_one():
    small = [0.001, 0.003] * 10
    alone = scale_of(panel_of(small), 1, 19)[0]
    beside = scale_of(panel_of([1e15, -1e15] * 10, small), 1, 19)[1]
    assert beside == pytest.approx(alone, rel=1e-12)


def test_each_pair_has_the_scale_of_its_own_cutoff():
    panel = panel_of([0, 1, 3, 6, 10], [5, 5, 9])
    scale = pair_scale(panel, pairs_of((1, 2), (0, 4), (0, 2), (1, 1)), 1)
    np.testing.assert_allclose(scale, [2.0, 2.5, 1.5, 0.05])


@given(panels(), st.integers(1, 24), st.integers(-5, 250))
def test_scales_are_finite_and_positive_whatever_the_series(panel, season_length, last):
    scale = scale_of(panel, season_length, last)
    assert np.isfinite(scale).all()
    assert (scale > 0).all()


def test_an_intermittent_series_that_repeats_its_zeros_keeps_a_size():
    demand = [0.0] * 17
    demand[9] = 1.0  # no two observations a season apart differ: 0.0006 would be 1 % of the mean
    assert scale_of(panel_of(demand), 12, 16)[0] == pytest.approx(2 / 16)


def scale_of(panel, season_length, last):
    """The scale of each series at one cutoff."""
    return pair_scale(panel, pairs_of(*((series, last) for series in range(len(panel)))), season_length)
