import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.evaluation import Candidate, choose, collapsed

SERIES = np.repeat(np.arange(50), 3)
NOISE = np.random.default_rng(0).uniform(0.5, 1.5, len(SERIES))
NAIVE = Candidate("seasonal naive", "seasonal_naive", 1.0 * NOISE)


def _candidate(name, loss):
    return Candidate(name, name, loss * NOISE)


def test_the_best_candidate_wins():
    choice = choose([_candidate("gru", 0.8), _candidate("cnn", 0.7)], NAIVE, SERIES)
    assert (choice.outcome, choice.winner.name) == ("promoted", "cnn")
    assert "cnn (0." in choice.reason
    assert "beats seasonal naive" in choice.reason
    assert [row["name"] for row in choice.table] == ["cnn", "gru", "seasonal naive"]
    assert choice.table[0]["gain_over_baseline"] == pytest.approx(0.3)
    assert choice.table[0]["series_better_than_baseline"] == 1.0


@pytest.mark.parametrize(("single", "winner"), [(0.79, "ensemble"), (0.78, "gru"), (0.9, "ensemble")])
def test_the_preferred_candidate_gives_way_to_a_gain_of_two_per_cent(single, winner):
    choice = choose([_candidate("gru", single), _candidate("ensemble", 0.8)], NAIVE, SERIES, preferred="ensemble")
    assert choice.winner.name == winner
    assert choice.table[0]["name"] == ("ensemble" if single > 0.8 else "gru")
    assert ("preferred to gru" in choice.reason) == (single == 0.79)


def test_a_preferred_candidate_that_loses_to_seasonal_naive_is_not_published():
    choice = choose([_candidate("gru", 0.995), _candidate("ensemble", 1.0)], NAIVE, SERIES, preferred="ensemble")
    assert choice.winner.name == "gru"


def test_the_same_recipe_as_the_champion_is_renewed():
    choice = choose([_candidate("gru", 0.8)], NAIVE, SERIES, champion_architecture="gru")
    assert (choice.outcome, choice.winner.name) == ("renewed", "gru")


@pytest.mark.parametrize("loss", [1.0, 1.2])
def test_a_candidate_that_does_not_beat_seasonal_naive_is_not_published(loss):
    choice = choose([_candidate("gru", loss)], NAIVE, SERIES, champion_architecture="gru", margin=0.1)
    assert (choice.outcome, choice.winner) == ("baseline", NAIVE)
    assert "no candidate beats seasonal naive" in choice.reason


def test_no_candidate_at_all_publishes_seasonal_naive():
    assert choose([], NAIVE, SERIES).outcome == "baseline"


def test_a_candidate_with_a_loss_that_is_not_finite_is_out():
    broken = _candidate("cnn", 0.1)
    broken.losses[7] = np.nan
    choice = choose([broken, _candidate("gru", 0.8)], NAIVE, SERIES)
    assert choice.winner.name == "gru"
    assert choice.reason.endswith("out, with losses that are not finite: cnn")
    assert choice.table[-1]["loss"] is None
    json.dumps(choice.table, allow_nan=False)


def test_a_series_with_many_pairs_decides_no_more_than_one_with_few():
    series = np.array([0] * 9 + [1])
    for_many = Candidate("many", "many", np.array([0.1] * 9 + [1.9]))
    for_few = Candidate("few", "few", np.array([0.9] * 9 + [0.1]))
    baseline = Candidate("seasonal naive", "seasonal_naive", np.full(10, 2.0))
    assert choose([for_many, for_few], baseline, series).winner.name == "few"


@given(st.permutations(["rnn", "lstm", "gru", "cnn"]))
def test_ties_do_not_depend_on_the_order(names):
    assert choose([_candidate(name, 0.8) for name in names], NAIVE, SERIES).winner.name == "cnn"


def test_a_challenger_below_the_margin_renews_the_champions_recipe():
    candidates = [_candidate("gru", 0.80), _candidate("cnn", 0.78)]
    choice = choose(candidates, NAIVE, SERIES, champion_architecture="gru", margin=0.05)
    assert (choice.outcome, choice.winner.name) == ("renewed", "gru")
    assert "keeps its place" in choice.reason
    assert "5.0%" in choice.reason


def test_a_challenger_beyond_the_margin_is_promoted():
    candidates = [_candidate("gru", 0.80), _candidate("cnn", 0.60)]
    choice = choose(candidates, NAIVE, SERIES, champion_architecture="gru", margin=0.05)
    assert (choice.outcome, choice.winner.name) == ("promoted", "cnn")


def test_a_gain_that_comes_from_few_series_is_not_enough():
    lucky = np.where(SERIES < 2, 0.01, 0.8) * NOISE  # 4 % better, on 2 series of 50
    candidates = [_candidate("gru", 0.8), Candidate("cnn", "cnn", lucky)]
    assert choose(candidates, NAIVE, SERIES, champion_architecture="gru").winner.name == "cnn"
    choice = choose(candidates, NAIVE, SERIES, champion_architecture="gru", margin=0.03)
    assert choice.winner.name == "gru"


def test_without_a_champions_recipe_the_margin_asks_for_nothing():
    candidates = [_candidate("rnn", 0.80), _candidate("cnn", 0.79)]
    assert choose(candidates, NAIVE, SERIES, champion_architecture="gru", margin=0.5).winner.name == "cnn"
    assert choose(candidates, NAIVE, SERIES, margin=0.5).winner.name == "cnn"


def test_a_champions_recipe_that_lost_to_seasonal_naive_defends_nothing():
    candidates = [_candidate("gru", 1.1), _candidate("cnn", 0.99)]
    choice = choose(candidates, NAIVE, SERIES, champion_architecture="gru", margin=0.5)
    assert (choice.outcome, choice.winner.name) == ("promoted", "cnn")


def test_the_same_seed_decides_the_same():
    candidates = [_candidate("gru", 0.80), _candidate("cnn", 0.76)]
    choices = [choose(candidates, NAIVE, SERIES, champion_architecture="gru", margin=0.05) for _ in range(2)]
    assert choices[0].reason == choices[1].reason


def test_losses_on_other_pairs_are_refused():
    with pytest.raises(ValueError, match="same pairs"):
        choose([Candidate("gru", "gru", np.ones(4))], NAIVE, SERIES)


def test_a_baseline_that_was_not_scored_is_refused():
    with pytest.raises(ValueError, match="not finite"):
        choose([], Candidate("seasonal naive", "seasonal_naive", np.full(len(SERIES), np.nan)), SERIES)


def test_refit_weights_that_lose_no_more_than_a_quarter_more_have_not_collapsed():
    assert collapsed(1.24, 1.0) is None
    assert collapsed(0.9, None) is None  # those before had no finite loss


def test_refit_weights_that_are_worse_or_not_finite_have_collapsed():
    assert "select pairs" in (collapsed(1.26, 1.0) or "")
    assert "not finite" in (collapsed(float("nan"), 1.0) or "")
