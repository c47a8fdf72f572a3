import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tsflow.models import Scaling
from tsflow.training.losses import QuantileLoss, pinball, pinball_loss, scaled_pinball
from tsflow.training.windows import Batch

numbers = st.floats(-100, 100)


@given(numbers, numbers, st.floats(0.01, 0.99))
def test_pinball_charges_the_level_below_and_the_rest_above(forecast, actual, level):
    loss = pinball(torch.tensor([[[forecast]]]), torch.tensor([[actual]]), torch.tensor([level])).item()
    error = actual - forecast
    assert loss == pytest.approx(level * error if error > 0 else (level - 1) * error, abs=1e-4)


def test_pinball_loss_is_the_mean_over_observed_steps_and_levels():
    forecast = torch.tensor([[[0.0, 2.0], [5.0, 5.0]]])  # [1, 2, 2]
    actual = torch.tensor([[1.0, math.nan]])
    loss = pinball_loss(forecast, actual, torch.tensor([0.1, 0.9]), torch.tensor([[True, False]]))
    assert loss.item() == pytest.approx((0.1 * 1 + 0.1 * 1) / 2)


def test_an_unobserved_step_gives_no_gradient():
    forecast = torch.zeros(1, 2, 1, requires_grad=True)
    observed = torch.tensor([[True, False]])
    pinball_loss(forecast, torch.tensor([[1.0, math.nan]]), torch.tensor([0.5]), observed).backward()
    assert forecast.grad.flatten().tolist() == [-0.5, 0.0]


def test_the_slope_of_the_loss_is_that_of_its_definition():
    forecast = torch.randn(5, 3, 9, generator=torch.Generator().manual_seed(1)).double().requires_grad_()
    actual, levels = torch.linspace(-1, 1, 15).double().reshape(5, 3), torch.linspace(0.1, 0.9, 9).double()
    observed = torch.arange(15).reshape(5, 3) % 4 > 0
    (slope,) = torch.autograd.grad(pinball_loss(forecast, actual, levels, observed), forecast)
    (expected,) = torch.autograd.grad(pinball(forecast, actual, levels)[observed].mean(), forecast)
    torch.testing.assert_close(slope, expected)


def test_pinball_loss_of_nothing_is_not_a_number():
    nothing = torch.tensor([[False]])
    assert pinball_loss(torch.zeros(1, 1, 1), torch.zeros(1, 1), torch.tensor([0.5]), nothing).isnan()


def test_the_level_that_minimises_pinball_is_the_quantile():
    sample = torch.linspace(0, 1, 1001)[:, None]  # [N, 1]
    levels = torch.tensor([0.8])
    observed = torch.ones_like(sample, dtype=torch.bool)
    candidates = [0.7, 0.79, 0.8, 0.81, 0.9]
    losses = [pinball_loss(torch.full((1001, 1, 1), c), sample, levels, observed).item() for c in candidates]
    assert candidates[losses.index(min(losses))] == 0.8


def test_scaled_pinball_gives_each_pair_its_own_mean_in_its_own_scale():
    forecast = torch.zeros(3, 2, 1)
    actual = torch.tensor([[2.0, 4.0], [200.0, 0.0], [1.0, 1.0]])
    observed = torch.tensor([[True, True], [True, False], [False, False]])
    losses = scaled_pinball(forecast, actual, torch.tensor([0.5]), observed, torch.tensor([1.0, 100.0, 1.0]))
    assert losses[:2].tolist() == [1.5, 1.0]
    assert losses[2].isnan()


def flat_forecast(context, observed):
    return torch.zeros(len(context), 1, 1), Scaling.of(context, observed, "none")


def loss_of(context, target, emphasis):
    everything = torch.ones_like(context, dtype=torch.bool)
    batch = Batch(context, everything, target, torch.ones_like(target, dtype=torch.bool))
    return QuantileLoss((0.5,), torch.device("cpu"), emphasis)(flat_forecast, batch).item()


def test_emphasis_counts_a_window_that_moves_more_for_more():
    calm, lively = torch.tensor([[99.0, 101.0] * 2]), torch.tensor([[50.0, 150.0] * 2])  # relative scales .01 and .5
    both = torch.cat([calm, lively])
    wrong_on_lively = torch.tensor([[100.0], [200.0]])
    wrong_on_calm = torch.tensor([[102.0], [100.0]])
    assert loss_of(both, wrong_on_lively, 0.0) == pytest.approx(loss_of(both, wrong_on_calm, 0.0))
    ratio = loss_of(both, wrong_on_lively, 0.5) / loss_of(both, wrong_on_calm, 0.5)
    assert ratio == pytest.approx((0.5 / 0.01) ** 0.5, rel=1e-4)


@given(st.floats(1, 1e6), st.floats(0.1, 10))
def test_emphasis_does_not_change_the_loss_of_windows_that_move_alike(level, error):
    context = level * torch.tensor([[0.9, 1.1] * 2] * 2)
    target = context[:, -1:] * (1 + 0.1 * error)
    assert loss_of(context, target, 0.5) == pytest.approx(loss_of(context, target, 0.0), rel=1e-4)
