import pytest

from tests.unit.training.panels import panel_of, sinusoids
from tsflow.config import Training
from tsflow.frequency import WindowShape
from tsflow.training.recipe import make_spec, resolve_transform

SHAPE = WindowShape(season_length=24, token=24, context=168)


@pytest.mark.parametrize(
    ("lowest", "configured", "expected"),
    [(0.0, "log", "log"), (-1.0, "log", "none"), (0.0, "none", "none"), (-1.0, "none", "none")],
)
def test_the_log_needs_a_panel_without_negative_values(lowest, configured, expected):
    assert resolve_transform(panel_of([{0: 5.0}, {0: lowest}]), configured) == expected


def test_the_specification_has_the_pipelines_shape():
    spec = make_spec(panel_of([{0: 1.0}]), shape=SHAPE, horizon=48, architecture="cnn", training=Training())
    assert (spec.season_length, spec.token, spec.context, spec.horizon) == (24, 24, 168, 48)
    assert (spec.stage, spec.transform, spec.width) == (True, "log", None)


def test_the_plain_mode_steps_through_the_context_one_by_one():
    training = Training(stage=False)
    spec = make_spec(panel_of([{0: 1.0}]), shape=SHAPE, horizon=48, architecture="gru", training=training)
    assert (spec.token, spec.stage, spec.context) == (1, False, 168)


@pytest.mark.parametrize(("series", "width"), [(1, 64), (30, None)])
def test_recurrent_networks_are_smaller_on_small_panels(series, width):
    panel = sinusoids(count=series, length=1000, season=24, noise=0.1)
    spec = make_spec(panel, shape=SHAPE, horizon=48, architecture="lstm", training=Training())
    assert spec.width == width
