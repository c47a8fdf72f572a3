import numpy as np
import pytest
import torch

from tests.unit.training.panels import panel_of, sinusoids
from tsflow.models import LEVELS, ModelSpec, build
from tsflow.training.predict import predict
from tsflow.training.windows import Pairs

CPU = torch.device("cpu")
SPEC = ModelSpec("gru", horizon=3, season_length=4, token=4, context=8)
PANEL = sinusoids(count=5, length=40, season=4, noise=0.2)
PAIRS = Pairs(np.array([4, 0, 2, 2, 1]), np.array([39, 12, 30, 2, 20]))


class Hungry(torch.nn.Module):
    """A real model on a device whose memory holds two windows."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = build(SPEC, seed=0)

    def forward(self, context, observed):
        if len(context) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory")
        return self.inner(context, observed)


def test_forecasts_are_ascending_float64_in_the_order_of_the_pairs():
    model = build(SPEC, seed=0)
    quantiles = predict(model, SPEC, PANEL, PAIRS, device=CPU)
    assert (quantiles.dtype, quantiles.shape) == (np.dtype(np.float64), (5, 3, len(LEVELS)))
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    for index in range(5):
        alone = predict(model, SPEC, PANEL, PAIRS.take(np.array([index])), device=CPU)
        np.testing.assert_allclose(alone[0], quantiles[index], rtol=1e-4)


def test_forecasts_follow_the_size_of_the_series():
    model = build(SPEC, seed=0)
    small, large = ({step: scale * (step % 4 + 1.0) for step in range(20)} for scale in (1.0, 1e6))
    quantiles = predict(model, SPEC, panel_of([small, large]), Pairs(np.array([0, 1]), np.array([19, 19])), device=CPU)
    assert 0 <= quantiles[0, :, 4].min() < 10
    assert 1e5 < quantiles[1, :, 4].min() < 1e8


def test_nothing_after_the_cutoff_is_looked_at():
    model = build(SPEC, seed=0)
    known = PANEL.until(np.array([12] * 5))
    pairs = Pairs(np.arange(5), np.full(5, 12))
    np.testing.assert_array_equal(
        predict(model, SPEC, PANEL, pairs, device=CPU), predict(model, SPEC, known, pairs, device=CPU)
    )


@pytest.mark.parametrize("batch", [1, 2, 5])
def test_the_batch_does_not_change_the_forecast(batch):
    model = build(SPEC, seed=0)
    np.testing.assert_allclose(
        predict(model, SPEC, PANEL, PAIRS, device=CPU, batch=batch),
        predict(model, SPEC, PANEL, PAIRS, device=CPU),
        rtol=1e-4,
    )


def test_out_of_memory_halves_the_batch():
    quantiles = predict(Hungry(), SPEC, PANEL, PAIRS, device=CPU)
    np.testing.assert_allclose(quantiles, predict(build(SPEC, seed=0), SPEC, PANEL, PAIRS, device=CPU), rtol=1e-4)


def test_no_pairs_give_no_forecasts():
    nothing = Pairs(np.array([], dtype=np.int64), np.array([], dtype=np.int64))
    assert predict(build(SPEC, seed=0), SPEC, PANEL, nothing, device=CPU).shape == (0, 3, len(LEVELS))


def test_a_pair_without_context_is_finite_all_the_same():
    before = Pairs(np.array([0]), np.array([-50]))
    assert np.isfinite(predict(build(SPEC, seed=0), SPEC, PANEL, before, device=CPU)).all()
