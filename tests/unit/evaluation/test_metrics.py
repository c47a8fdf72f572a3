import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluation.panels import LEVELS
from tsflow.evaluation import (
    coverage,
    mae,
    mase,
    mase_scale,
    msis,
    naive2,
    owa,
    rmse,
    scaled_pinball,
    smape,
)

OFFICIAL = json.loads((Path(__file__).parents[2] / "data" / "m4_scorer.json").read_text())["sets"]
ALL = np.array([[True, True, True, True]])


def _arrays(one):
    actual, forecast = np.array([one["actual"]]), np.array([one["forecast"]])
    return forecast, actual, np.ones(actual.shape, dtype=bool)


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda one: f"m{one['season_length']}")
def test_errors_of_each_series_are_those_of_the_official_definitions(official):
    for one in official["series"]:
        forecast, actual, observed = _arrays(one)
        scale = np.array([mase_scale(np.array(one["history"]), official["season_length"])])
        expected = np.nan if one["mase"] is None else one["mase"]
        assert smape(forecast, actual, observed)[0] == pytest.approx(one["smape"], rel=1e-9)
        assert mase(forecast, actual, observed, scale)[0] == pytest.approx(expected, rel=1e-9, nan_ok=True)
        assert mae(forecast, actual, observed)[0] == pytest.approx(one["mae"], rel=1e-9)
        assert rmse(forecast, actual, observed)[0] == pytest.approx(one["rmse"], rel=1e-9)


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda one: f"m{one['season_length']}")
def test_naive2_forecasts_are_the_official_ones(official):
    for one in official["series"]:
        forecast = naive2(np.array(one["history"]), len(one["naive2"]), official["season_length"])
        np.testing.assert_allclose(forecast, one["naive2"], rtol=1e-9)


@pytest.mark.parametrize("official", OFFICIAL, ids=lambda one: f"m{one['season_length']}")
def test_owa_of_the_means_is_the_official_one(official):
    season, rows = official["season_length"], []
    for one in official["series"]:
        forecast, actual, observed = _arrays(one)
        history = np.array(one["history"])
        scale = np.array([mase_scale(history, season)])
        yardstick = naive2(history, actual.shape[1], season)[None]
        rows.append(
            [
                error
                for guess in (forecast, yardstick)
                for error in (smape(guess, actual, observed)[0], mase(guess, actual, observed, scale)[0])
            ]
        )
    assert owa(*np.nanmean(rows, axis=0)) == pytest.approx(official["means"]["OWA"], abs=1e-6)


def test_smape_of_a_zero_forecast_as_zero_is_zero():
    nothing = np.zeros((1, 4))
    assert smape(nothing, nothing, ALL)[0] == 0.0


def test_msis_and_coverage_are_those_computed_by_hand():
    lower, upper = np.array([[0.0, 0, 0, 0]]), np.array([[10.0, 10, 10, 10]])
    actual = np.array([[5.0, 0, 12, -1]])  # 2 above, then 1 below: 2 / 0.05 for each unit
    assert coverage(lower, upper, actual, ALL)[0] == 0.5
    assert msis(lower, upper, actual, ALL, np.array([2.0]))[0] == pytest.approx((10 + 40 * 3 / 4) / 2)
    assert msis(lower, upper, actual, ALL, np.array([2.0]), level=0.8)[0] == pytest.approx((10 + 10 * 3 / 4) / 2)


def test_scaled_pinball_is_that_computed_by_hand():
    quantiles = np.array([[[1.0, 2.0, 4.0]]])  # at .1 .5 .9, for an actual of 3
    expected = (0.1 * 2 + 0.5 * 1 + 0.1 * 1) / 3 / 5
    loss = scaled_pinball(quantiles, (0.1, 0.5, 0.9), np.array([[3.0]]), np.array([[True]]), np.array([5.0]))
    assert loss[0] == pytest.approx(expected)


def test_a_forecast_that_is_not_finite_gives_a_loss_that_is_not_finite():
    quantiles = np.zeros((2, 4, len(LEVELS)))
    quantiles[0, 1, 4], quantiles[1, 2, 0] = np.nan, np.inf
    observed = np.ones((2, 4), dtype=bool)
    losses = scaled_pinball(quantiles, LEVELS, np.zeros((2, 4)), observed, np.ones(2))
    assert not np.isfinite(losses).any()


def test_what_is_not_observed_counts_nowhere():
    observed = np.array([[True, False, True, False], [False] * 4])
    actual = np.array([[1.0, np.nan, 3.0, 1e30]] * 2)
    forecast = np.array([[2.0, 7.0, 5.0, 0.0]] * 2)
    errors = mae(forecast, actual, observed)
    assert errors[0] == 1.5
    assert np.isnan(errors[1])


@given(st.integers(0, 2**31))
def test_metrics_do_not_depend_on_the_order_of_pairs_or_steps(seed):
    generator = np.random.default_rng(seed)
    actual, forecast = generator.normal(size=(5, 7)), generator.normal(size=(5, 7))
    observed = generator.random((5, 7)) < 0.8
    quantiles = np.sort(generator.normal(size=(5, 7, len(LEVELS))), axis=-1)
    scale = generator.uniform(0.5, 2, 5)
    pairs, steps = generator.permutation(5), generator.permutation(7)
    lower, upper = quantiles[:, :, 0], quantiles[:, :, -1]

    def shuffled(array):
        return array[pairs][:, steps]

    def same(metric, *arrays):
        before = metric(*arrays, observed, *scaled)[pairs]
        after = metric(*map(shuffled, arrays), shuffled(observed), *(one[pairs] for one in scaled))
        np.testing.assert_allclose(after, before, rtol=1e-12)

    scaled = ()
    for metric in (mae, rmse, smape):
        same(metric, forecast, actual)
    same(coverage, lower, upper, actual)
    scaled = (scale,)
    same(mase, forecast, actual)
    same(msis, lower, upper, actual)
    loss = scaled_pinball(quantiles, LEVELS, actual, observed, scale)
    moved = scaled_pinball(shuffled(quantiles), LEVELS, shuffled(actual), shuffled(observed), scale[pairs])
    np.testing.assert_allclose(moved, loss[pairs], rtol=1e-12)
