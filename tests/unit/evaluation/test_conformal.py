import json

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluation.panels import LEVELS
from tsflow.evaluation import Calibration, calibrate

MEDIAN = LEVELS.index(0.5)
INTERVALS = ((2, 6, 0.8), (0, 8, 0.95))


def _data(generator, pairs, horizon, width):
    """Forecasts ``width`` times as wide as the truth at lead 1, whose spread grows, at random sizes."""
    scale = 10 ** generator.uniform(-3, 6, pairs)
    normal = np.array([-1.96, -1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645, 1.96])
    quantiles = np.broadcast_to(width * normal, (pairs, horizon, len(LEVELS))) * scale[:, None, None]
    actual = generator.normal(size=(pairs, horizon)) * np.sqrt(np.arange(1, horizon + 1)) * scale[:, None]
    return quantiles, actual, np.ones((pairs, horizon), dtype=bool), scale


def _share_inside(quantiles, actual, low, high):
    return ((quantiles[..., low] <= actual) & (actual <= quantiles[..., high])).mean(axis=0)


def test_intervals_reach_their_coverage_at_every_lead_however_wrong_they_were():
    generator = np.random.default_rng(0)
    for width in (0.2, 1.0, 5.0):
        quantiles, actual, observed, scale = _data(generator, 2000, 6, width)
        calibration = calibrate(quantiles[:1000], LEVELS, actual[:1000], observed[:1000], scale[:1000])
        corrected = calibration.apply(quantiles[1000:], LEVELS, scale[1000:])
        for low, high, nominal in INTERVALS:
            assert np.abs(_share_inside(corrected, actual[1000:], low, high) - nominal).max() < 0.04


def test_coverage_holds_on_average_with_few_scores():
    generator = np.random.default_rng(1)
    shares = []
    for _ in range(300):
        quantiles, actual, observed, scale = _data(generator, 60, 1, 0.3)
        calibration = calibrate(quantiles[:40], LEVELS, actual[:40], observed[:40], scale[:40])
        corrected = calibration.apply(quantiles[40:], LEVELS, scale[40:])
        shares.append([_share_inside(corrected, actual[40:], low, high).mean() for low, high, _ in INTERVALS])
    covered = np.mean(shares, axis=0)
    assert (covered >= [0.785, 0.94]).all()
    assert (covered <= [0.84, 0.985]).all()


def test_few_pairs_only_widen():
    quantiles, actual, observed, scale = _data(np.random.default_rng(2), 6, 12, 50.0)
    calibration = calibrate(quantiles, LEVELS, actual, observed, scale)
    np.testing.assert_array_equal(calibration.apply(quantiles, LEVELS, scale), quantiles)


def test_leads_share_a_correction_where_scores_are_few():
    quantiles, actual, observed, scale = _data(np.random.default_rng(3), 50, 12, 0.5)
    corrections = calibrate(quantiles, LEVELS, actual, observed, scale).corrections
    assert [len(set(one)) for one in corrections] == [3, 3]  # 600 scores: three groups of four leads
    assert corrections[0][0] == corrections[0][3] != corrections[0][4]


def test_a_point_forecast_gets_intervals():
    generator = np.random.default_rng(4)
    actual = generator.normal(size=(4000, 1))
    nothing = np.zeros((4000, 1, len(LEVELS)))
    calibration = calibrate(nothing, LEVELS, actual, np.ones((4000, 1), dtype=bool), np.ones(4000))
    bounds = calibration.apply(nothing[:1], LEVELS, np.ones(1))[0, 0]
    np.testing.assert_allclose(bounds, [-1.96, -1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645, 1.96], atol=0.1)


def test_a_wild_scale_leaves_an_interval_a_tenth_of_its_width():
    calibration = Calibration((0.8, 0.95), ((-1.0,), (-2.0,)), 100)
    normal = np.array([-1.96, -1.645, -1.282, -0.674, 0, 0.674, 1.282, 1.645, 1.96])[None, None]
    np.testing.assert_allclose(calibration.apply(5 + normal, LEVELS, np.array([1e3])), 5 + normal / 10)


def test_nothing_observed_corrects_nothing():
    quantiles, actual, observed, scale = _data(np.random.default_rng(5), 4, 3, 1.0)
    calibration = calibrate(quantiles, LEVELS, actual, ~observed, scale)
    np.testing.assert_array_equal(calibration.apply(quantiles, LEVELS, scale), quantiles)


def test_a_longer_horizon_takes_the_last_correction():
    calibration = Calibration((0.8, 0.95), ((1.0, 2.0), (3.0, 4.0)), 100)
    corrected = calibration.apply(np.zeros((1, 4, len(LEVELS))), LEVELS, np.ones(1))
    np.testing.assert_allclose(corrected[0, :, 6], [1, 2, 2, 2])
    np.testing.assert_allclose(corrected[0, :, 8], [3, 4, 4, 4])


def test_a_calibration_survives_json():
    quantiles, actual, observed, scale = _data(np.random.default_rng(6), 50, 5, 0.5)
    calibration = calibrate(quantiles, LEVELS, actual, observed, scale)
    stored = json.loads(json.dumps(calibration.to_json(), allow_nan=False))
    assert Calibration.from_json(stored) == calibration


@given(st.integers(0, 2**31), st.integers(1, 40), st.integers(1, 5))
def test_quantiles_never_cross_and_the_median_stays(seed, pairs, horizon):
    generator = np.random.default_rng(seed)
    quantiles = np.sort(generator.normal(0, 10 ** generator.uniform(-6, 9), (pairs, horizon, len(LEVELS))), axis=-1)
    actual = generator.normal(0, 10 ** generator.uniform(-6, 9), (pairs, horizon))
    scale = 10 ** generator.uniform(-6, 9, pairs)
    calibration = calibrate(quantiles, LEVELS, actual, generator.random((pairs, horizon)) < 0.7, scale)
    corrected = calibration.apply(quantiles, LEVELS, scale)
    assert np.isfinite(corrected).all()
    assert (np.diff(corrected, axis=-1) >= 0).all()
    np.testing.assert_array_equal(corrected[..., MEDIAN], quantiles[..., MEDIAN])
    before, after = (np.abs(one - one[..., MEDIAN, None]) for one in (quantiles, corrected))
    assert (after >= 0.0999 * before).all()
