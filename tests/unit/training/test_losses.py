import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tsflow.training.losses import pinball, pinball_loss, scaled_pinball

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
