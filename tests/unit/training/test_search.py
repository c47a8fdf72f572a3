import math

import pytest

from tests.unit.training.panels import panel_of, sinusoids
from tsflow.config import Training
from tsflow.frequency import WindowShape
from tsflow.training.recipe import Recipe
from tsflow.training.search import FINAL_SHARE, FINALISTS, QUICK_SHARE, other_view, portfolio, search, variants

SHAPE = WindowShape(season_length=24, token=24, context=168)
LONG = sinusoids(count=30, length=1000, season=24, noise=0.1)
SHORT = sinusoids(count=2, length=400, season=24, noise=0.1)
CONTEXTS = [Recipe("log", token=1, context=steps) for steps in (8, 4, 2, 1)]


def nothing_around(_):
    return []


def eight_fails(recipe, _):
    return math.inf if recipe.context == 8 else recipe.context


def test_the_finalists_come_first_and_are_decided_by_the_longer_run():
    losses = {(8, QUICK_SHARE): 1.0, (4, QUICK_SHARE): 2.0, (2, QUICK_SHARE): 3.0, (1, QUICK_SHARE): 4.0}
    losses |= {(8, FINAL_SHARE): 0.9, (4, FINAL_SHARE): 0.5, (2, FINAL_SHARE): 0.7}
    tried = search(CONTEXTS, nothing_around, lambda recipe, share: losses[recipe.context, share])
    assert [(one.recipe.context, one.share) for one in tried[:FINALISTS]] == [
        (4, FINAL_SHARE),
        (2, FINAL_SHARE),
        (8, FINAL_SHARE),
    ]
    assert len(tried) == len(CONTEXTS) + FINALISTS


def test_variants_are_made_of_the_best_of_the_portfolio():
    asked = []

    def around(best):
        asked.append(best)
        return [Recipe("none", token=1, context=16)]

    tried = search(CONTEXTS, around, lambda recipe, _: abs(recipe.context - 15))
    assert asked == [CONTEXTS[0]]
    assert tried[0].recipe.context == 16


def test_a_recipe_that_fails_is_last_and_has_no_loss_on_record():
    tried = search(CONTEXTS, nothing_around, eight_fails)
    assert tried[0].recipe.context == 1
    assert [one.to_json()["owa"] for one in tried if one.recipe.context == 8] == [None]


@pytest.mark.parametrize("transform", ["auto", "log", "power", "none"])
def test_a_panel_with_a_negative_value_is_not_transformed(transform):
    recipes = portfolio(panel_of([{0: 5.0}, {0: -1.0}]), SHAPE, Training(transform=transform))
    assert {recipe.transform for recipe in recipes} == {"none"}


@pytest.mark.parametrize("transform", ["log", "power", "none"])
def test_a_configured_transform_is_the_only_one_tried(transform):
    positive = panel_of([{0: 5.0}])
    assert {one.transform for one in portfolio(positive, SHAPE, Training(transform=transform))} == {transform}


def test_a_configured_context_is_kept():
    tried = variants(LONG, 24, Training(context=168), RECIPE := Recipe("log", token=24, context=168))
    assert {one.context for one in tried} == {RECIPE.context}


def test_a_longer_context_is_tried_where_the_history_has_room_for_it():
    best = Recipe("log", token=24, context=168)
    assert 336 in {one.context for one in variants(LONG, 24, Training(), best)}
    assert 336 not in {one.context for one in variants(SHORT, 24, Training(), best)}


def test_synthetic_company_is_tried_on_small_panels_only():
    best = Recipe("log", token=24, context=168)
    assert {one.synthetic for one in variants(SHORT, 24, Training(), best)} == {0.0, 0.5, 1.0}
    assert {one.synthetic for one in variants(LONG, 24, Training(), best)} == {0.0}


@pytest.mark.parametrize(("loss", "expected"), [(1.02, [16]), (1.04, [])])
def test_another_view_is_of_another_context_and_nearly_as_good(loss, expected):
    recipes = [
        Recipe("log", token=1, context=8),
        Recipe("power", token=1, context=8),
        Recipe("log", token=1, context=16),
    ]
    losses = dict(zip(recipes, (1.0, 1.01, loss), strict=True))
    tried = search(recipes, nothing_around, lambda recipe, _: losses[recipe])
    assert [recipe.context for recipe in other_view(tried)] == expected
