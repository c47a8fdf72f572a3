import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.models.windows import ORDINARY, Window, windows
from tsflow.models.scaling import Scaling, Transform

TRANSFORM = st.sampled_from(["log", "power", "none"])


@given(windows(8, ORDINARY), TRANSFORM)
def test_scale_and_unscale_are_inverse_within_the_window(window: Window, transform: Transform) -> None:
    context, observed = window
    scaling = Scaling.of(context, observed, transform)
    back = scaling.unscale(scaling.scale(context))
    tolerance = 1e-4 * torch.where(observed, context.abs(), 0).amax(1, keepdim=True) + 1e-4
    assert ((back - context).abs() <= tolerance)[observed].all()


@given(windows(8), TRANSFORM)
def test_scaling_of_any_window_is_finite_and_positive(window: Window, transform: Transform) -> None:
    scaling = Scaling.of(*window, transform)
    assert scaling.level.isfinite().all()
    assert scaling.scale_.isfinite().all()
    assert (scaling.scale_ > 0).all()


@given(windows(8), TRANSFORM, st.sampled_from([0.0, 1.0, -1.0, 1e15, -1e15, 1e30, -1e30]))
def test_scaled_target_of_any_window_is_finite(window: Window, transform: Transform, y: float) -> None:
    assert Scaling.of(*window, transform).scale(torch.full((len(window[0]), 4), y)).isfinite().all()


@given(windows(8), TRANSFORM, st.floats(-(2.0**99), 2.0**99, width=32))
def test_unscale_never_overflows(window: Window, transform: Transform, z: float) -> None:
    scaling = Scaling.of(*window, transform)
    assert scaling.unscale(torch.full((len(window[0]), 4, 9), z)).isfinite().all()


@given(windows(8), TRANSFORM, st.lists(st.floats(-100, 100, width=32), min_size=2))
def test_unscale_keeps_order(window: Window, transform: Transform, z: list[float]) -> None:
    ascending = torch.tensor(sorted(z)).expand(len(window[0]), -1)
    assert (Scaling.of(*window, transform).unscale(ascending).diff(dim=1) >= 0).all()


def test_scaled_window_has_mean_0_and_deviation_1_over_its_observed_steps() -> None:
    context = torch.tensor([[3.0, 5.0, 999.0, 10.0]])
    observed = torch.tensor([[True, True, False, True]])
    z = Scaling.of(context, observed, "none").scale(context)[observed]
    assert z.mean().item() == pytest.approx(0, abs=1e-6)
    assert z.std(correction=0).item() == pytest.approx(1, abs=1e-5)


def test_log_is_taken_only_in_windows_without_a_negative_value() -> None:
    context = torch.tensor([[1.0, 2.0, 4.0], [1.0, -2.0, 4.0], [1.0, -2.0, 4.0]])
    observed = torch.tensor([[True] * 3, [True] * 3, [True, False, True]])
    scaling = Scaling.of(context, observed, "log")
    assert scaling.applies.tolist() == [True, False, True]
    assert scaling.level[0].item() == pytest.approx(math.log(2 * 3 * 5) / 3)
    assert not Scaling.of(context, observed, "none").applies.any()


def test_power_is_the_fourth_root() -> None:
    scaling = Scaling.of(torch.tensor([[1.0, 16.0, 81.0]]), torch.ones(1, 3, dtype=torch.bool), "power")
    assert scaling.level.item() == pytest.approx(2, rel=1e-5)
    assert scaling.unscale(torch.tensor([[0.0]])).item() == pytest.approx(16, rel=1e-5)


def test_level_of_the_last_steps_leaves_the_scale_to_the_window() -> None:
    context, observed = torch.tensor([[0.0, 4.0, 10.0, 999.0]]), torch.tensor([[True, True, True, False]])
    scaling = Scaling.of(context, observed, "none", level_steps=2)
    assert scaling.level.item() == pytest.approx(10)
    assert scaling.scale_.item() == pytest.approx(Scaling.of(context, observed, "none").scale_.item())
    assert Scaling.of(context, observed, "none", level_steps=1).level.item() == pytest.approx(14 / 3)


@pytest.mark.parametrize("transform", ["log", "power", "none"])
def test_relative_scale_is_a_share_of_the_level(transform: Transform) -> None:
    context = 1e6 * (1 + 0.01 * torch.tensor([[-1.0, 1.0, -1.0, 1.0]]))
    relative = Scaling.of(context, torch.ones(1, 4, dtype=torch.bool), transform).relative
    assert relative.item() == pytest.approx(0.01, rel=1e-2)


def test_identity_leaves_values_as_they_are() -> None:
    y = torch.tensor([[-1e30, 0.0, 1e30]])
    scaling = Scaling.identity(y)
    assert torch.equal(scaling.unscale(y), y)


def test_log_window_forecasts_no_negative_value_and_no_explosion() -> None:
    scaling = Scaling.of(torch.tensor([[1.0, 2.0, 4.0]]), torch.ones(1, 3, dtype=torch.bool), "log")
    low, high = scaling.unscale(torch.tensor([[-1e6, 1e6]]))[0].tolist()
    assert low == 0
    assert high == pytest.approx(5_000, rel=0.01)


def test_negative_target_of_a_log_window_is_finite_and_below_zero() -> None:
    scaling = Scaling.of(torch.tensor([[1.0, 2.0, 4.0]]), torch.ones(1, 3, dtype=torch.bool), "log")
    zero, negative = scaling.scale(torch.tensor([[0.0, -7.0]]))[0].tolist()
    assert negative < zero


def test_one_observation_has_an_honest_scale() -> None:
    context, observed = torch.tensor([[0.0, 0.0, 100.0]]), torch.tensor([[False, False, True]])
    assert Scaling.of(context, observed, "none").scale_.item() == pytest.approx(5)


@given(windows(8), TRANSFORM, st.sampled_from([1e-6, 1e-3, 1.0, 1e9]))
def test_a_window_of_zeros_is_scaled_by_the_unit(window: Window, transform: Transform, unit: float) -> None:
    context, observed = window
    scaling = Scaling.of(context * 0, observed, transform, unit=unit)
    one_up = scaling.unscale(torch.ones(len(context), 1))
    assert one_up.flatten().tolist() == pytest.approx([unit] * len(context), rel=1e-3)
    if transform != "log":
        assert scaling.relative.tolist() == pytest.approx([1 if transform == "none" else 4] * len(context), rel=1e-3)
