import pytest

from tests.unit.training.panels import panel_of, sinusoids
from tsflow.config import Training
from tsflow.frequency import WindowShape
from tsflow.training.recipe import Recipe, make_spec, plain_recipe

SHAPE = WindowShape(season_length=24, token=24, context=168)
RECIPE = Recipe("power", token=24, context=168, level="season", emphasis=0.5)


@pytest.mark.parametrize(
    ("lowest", "configured", "expected"),
    [(0.0, "auto", "log"), (0.0, "power", "power"), (-1.0, "log", "none"), (0.0, "none", "none")],
)
def test_a_transform_needs_a_panel_without_negative_values(lowest, configured, expected):
    panel = panel_of([{0: 5.0}, {0: lowest}])
    assert plain_recipe(panel, SHAPE, Training(transform=configured)).transform == expected


def test_the_plain_mode_steps_through_the_context_one_by_one():
    recipe = plain_recipe(panel_of([{0: 1.0}]), SHAPE, Training(stage=False))
    assert (recipe.token, recipe.context, recipe.transform, recipe.emphasis) == (1, 168, "none", 0.0)


def test_the_specification_is_that_of_the_recipe():
    spec = make_spec(panel_of([{0: 1.0}]), RECIPE, season_length=24, horizon=48, architecture="cnn")
    assert (spec.season_length, spec.token, spec.context, spec.horizon) == (24, 24, 168, 48)
    assert (spec.stage, spec.transform, spec.level, spec.width) == (True, "power", "season", None)


@pytest.mark.parametrize(("series", "width"), [(1, 64), (30, None)])
def test_recurrent_networks_are_smaller_on_small_panels(series, width):
    panel = sinusoids(count=series, length=1000, season=24, noise=0.1)
    spec = make_spec(panel, RECIPE, season_length=24, horizon=48, architecture="lstm")
    assert spec.width == width
