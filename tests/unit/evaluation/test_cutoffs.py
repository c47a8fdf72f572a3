import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.evaluation.panels import pairs_of, panel_of, panels
from tsflow.evaluation import outcomes, plan_protocol
from tsflow.frequency import WindowShape

SHAPE = WindowShape(season_length=12, token=12, context=36)


def _bounds(protocol, panel, zone):
    """First and last cutoff of each series in a zone; NaN where it has none."""
    pairs = getattr(protocol, zone)
    low, high = np.full(len(panel), np.inf), np.full(len(panel), -np.inf)
    np.minimum.at(low, pairs.series, pairs.cutoff)
    np.maximum.at(high, pairs.series, pairs.cutoff)
    return low, high


@given(panels(), st.integers(1, 14), st.sampled_from([1, 6, 36]), st.integers(1, 4))
def test_zones_never_leak(panel, horizon, context, cutoffs):
    protocol = plan_protocol(panel, horizon, WindowShape(12, 1, context), cutoffs)
    first_tune, last_tune = _bounds(protocol, panel, "tune")
    first_select, last_select = _bounds(protocol, panel, "select")
    judged = np.isfinite(first_tune)
    assert (protocol.fit_last_target[judged] < first_tune[judged]).all()
    judged = np.isfinite(first_select)
    assert (protocol.fit_last_target[judged] < first_select[judged]).all()
    assert (last_select[judged] + horizon <= panel.last.max(initial=-1)).all()
    if protocol.kind == "three zones":
        both = np.isfinite(first_tune) & np.isfinite(first_select)
        assert (last_tune[both] + horizon <= first_select[both]).all()
        if protocol.anchor == "calendar":
            assert protocol.tune.cutoff.max() + horizon <= protocol.select.cutoff.min()
            assert protocol.fit_last_target.max() < protocol.tune.cutoff.min()


@given(panels(), st.integers(1, 14), st.integers(1, 4))
def test_every_pair_can_be_judged_and_every_series_is_accounted_for(panel, horizon, cutoffs):
    protocol = plan_protocol(panel, horizon, WindowShape(12, 1, 6), cutoffs)
    for pairs in (protocol.tune, protocol.select):
        seen = panel.until(protocol.fit_last_target).take(pairs.series)
        assert len(seen) == len(pairs)
        assert outcomes(panel, pairs, horizon).observed.any(axis=1).all()
        keys = list(zip(pairs.series, pairs.cutoff, strict=True))
        for series, cutoff in keys:
            _, observed = panel.series(series)
            end = max(cutoff - panel.first[series] + 1, 0)
            assert observed[max(end - 6, 0) : end].sum() >= 2, "two of the six steps of the context"
        by_then = [int(panel.until(cutoff).take(np.array([series])).observed.sum()) for series, cutoff in keys]
        assert max(by_then, default=0) < 12 or min(by_then) >= 12, "young series judge only if there are no others"
        assert len(set(keys)) == len(keys) <= len(panel) * cutoffs
    judged = set(panel.unique_ids[protocol.select.series])
    left_out = [name for names in protocol.left_out.values() for name in names]
    assert sorted([*judged, *left_out]) == sorted(panel.unique_ids)


@given(panels(), st.integers(1, 14))
def test_the_description_is_json(panel, horizon):
    protocol = plan_protocol(panel, horizon, SHAPE)
    described = json.loads(json.dumps(protocol.describe(), allow_nan=False))
    assert described["kind"] == protocol.kind
    assert described["select"]["pairs"] == len(protocol.select)


def test_a_long_history_has_three_zones_a_horizon_apart():
    protocol = plan_protocol(panel_of(np.arange(144), np.arange(144)), 12, SHAPE, 3)
    assert (protocol.kind, protocol.anchor, protocol.stride) == ("three zones", "calendar", 12)
    assert sorted(set(protocol.select.cutoff)) == [107, 119, 131]
    assert sorted(set(protocol.tune.cutoff)) == [71, 83, 95]
    assert protocol.fit_last_target.tolist() == [70, 70]
    assert protocol.describe()["select"] == {
        "cutoffs": ["1978-12-01T00:00:00", "1979-12-01T00:00:00", "1980-12-01T00:00:00"],
        "pairs": 6,
        "series": 2,
    }


def test_few_series_get_more_cutoffs_and_many_get_three():
    history = np.arange(2000)
    by_series = [plan_protocol(panel_of(*[history] * count), 12, SHAPE) for count in (1, 4, 40)]
    assert [len(set(protocol.select.cutoff)) for protocol in by_series] == [10, 8, 3]


def test_a_shorter_history_brings_cutoffs_nearer_then_drops_some():
    by_length = [plan_protocol(panel_of(np.arange(n)), 12, SHAPE, 3) for n in (110, 95, 75)]
    assert [protocol.kind for protocol in by_length] == ["three zones"] * 3
    assert [len(protocol.select) for protocol in by_length] == [3, 3, 1]
    assert by_length[0].stride > by_length[1].stride


def test_too_short_for_three_zones_merges_them():
    protocol = plan_protocol(panel_of(np.arange(60)), 12, SHAPE)
    assert protocol.kind == "merged"
    np.testing.assert_array_equal(protocol.tune.cutoff, protocol.select.cutoff)
    assert "too short for three zones" in protocol.reason


def test_too_short_to_hold_anything_out_has_no_pairs():
    protocol = plan_protocol(panel_of(np.arange(20)), 12, SHAPE)
    assert (protocol.kind, len(protocol.tune), len(protocol.select)) == ("none", 0, 0)
    assert protocol.reason == "the longest series has 20 steps; a cutoff at a horizon of 12 needs 27"
    assert protocol.fit_last_target.tolist() == [19]


def test_an_empty_panel_has_no_pairs():
    assert plan_protocol(panel_of(), 12, SHAPE).kind == "none"
    assert plan_protocol(panel_of([]), 12, SHAPE).kind == "none"


def test_many_new_series_do_not_take_the_old_ones_zones_away():
    old, new = [np.arange(144)] * 2, [np.arange(3)] * 8
    protocol = plan_protocol(panel_of(*old, *new, starts=[0, 0] + [141] * 8), 12, SHAPE)
    assert protocol.kind == "three zones"
    assert set(protocol.select.series) == {0, 1}
    assert protocol.left_out == {
        "fewer than 2 observations by the last select cutoff": [f"s{index}" for index in range(2, 10)]
    }


def test_a_series_too_young_for_a_network_judges_none_while_there_are_others():
    old, young = [np.arange(144)] * 2, [np.arange(20)] * 8
    protocol = plan_protocol(panel_of(*old, *young, starts=[0, 0] + [124] * 8), 12, SHAPE)
    assert set(protocol.tune.series) == set(protocol.select.series) == {0, 1}
    assert protocol.left_out == {
        "fewer than 12 observations by the last select cutoff, which is a season": [f"s{n}" for n in range(2, 10)]
    }


def test_where_all_are_too_young_for_a_network_they_judge():
    protocol = plan_protocol(panel_of(*[np.arange(50)] * 3), 4, WindowShape(52, 13, 26), 1)
    assert (set(protocol.select.series), protocol.left_out) == ({0, 1, 2}, {})


def test_one_ended_series_is_left_out_with_a_reason():
    protocol = plan_protocol(panel_of(*[np.arange(144)] * 9, np.arange(50)), 12, SHAPE)
    assert protocol.anchor == "calendar"
    assert protocol.left_out == {"no observation in the horizon after a select cutoff": ["s9"]}


def test_series_that_end_at_many_times_are_judged_at_their_own_ends():
    protocol = plan_protocol(panel_of(*(np.arange(150 + 40 * index) for index in range(5))), 12, SHAPE, 3)
    assert protocol.anchor == "own end"
    assert len(protocol.select) == 15
    last = [protocol.select.cutoff[protocol.select.series == index].max() for index in range(5)]
    assert last == [149 + 40 * index - 12 for index in range(5)]
    assert protocol.describe()["fit"] == {"last_target": ["1976-05-01T00:00:00", "1989-09-01T00:00:00"]}


def test_outcomes_are_what_follows_the_cutoff():
    panel = panel_of([1, 2, np.nan, 4], [5, 6], starts=[0, 10])
    followed = outcomes(panel, pairs_of((0, 0), (1, 9), (1, 11)), 3)
    np.testing.assert_array_equal(followed.actual, [[2, 0, 4], [5, 6, 0], [0, 0, 0]])
    np.testing.assert_array_equal(followed.observed, [[1, 0, 1], [1, 1, 0], [0, 0, 0]])


@pytest.mark.parametrize("share", [0.79, 0.81])
def test_a_common_calendar_needs_four_fifths_of_the_series(share):
    current = round(100 * share)
    series = [np.arange(144)] * current + [np.arange(100)] * (100 - current)
    assert plan_protocol(panel_of(*series), 12, SHAPE).anchor == ("calendar" if share > 0.8 else "own end")


def test_a_series_that_paused_is_not_judged_where_a_network_saw_nothing_of_it():
    open_all_year, summers = np.arange(144.0), np.arange(144.0)
    summers[60:125] = np.nan  # the last select cutoff is at 131
    protocol = plan_protocol(panel_of(*[open_all_year] * 9, summers), 12, WindowShape(12, 1, 6), 2)
    pairs = [(series, cutoff) for series, cutoff in zip(protocol.select.series, protocol.select.cutoff, strict=True)]
    assert (9, 131) in pairs
    assert (9, 119) not in pairs, "its context is empty"
    summers[126:131] = np.nan
    protocol = plan_protocol(panel_of(*[open_all_year] * 9, summers), 12, WindowShape(12, 1, 6), 2)
    assert protocol.left_out == {"too few observations in the 6 steps up to a select cutoff": ["s9"]}
