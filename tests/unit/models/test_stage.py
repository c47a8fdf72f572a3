import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from tests.unit.models.windows import ORDINARY, Window, windows
from tsflow.models import ARCHITECTURES, LEVELS, MEDIAN, ModelSpec, build
from tsflow.models.scaling import Transform
from tsflow.models.stage import Stage

L, H, Q = 8, 3, len(LEVELS)
ALL = pytest.mark.parametrize("architecture", list(ARCHITECTURES))
MODELS: dict[tuple[str, Transform], nn.Module] = {}


def model(architecture: str, transform: Transform = "log") -> nn.Module:
    """A model whose skip is no longer zero, built once."""
    if (architecture, transform) not in MODELS:
        spec = ModelSpec(architecture, H, season_length=4, token=2, context=L, transform=transform, width=8)
        built = build(spec, seed=1)
        nn.init.normal_(built.skip.weight, std=0.1, generator=torch.Generator().manual_seed(1))
        MODELS[architecture, transform] = built
    return MODELS[architecture, transform]


@ALL
@settings(max_examples=50)
@given(window=windows(L), transform=st.sampled_from(["log", "none"]))
def test_any_window_gives_finite_ordered_forecasts_and_finite_gradients(
    architecture: str, window: Window, transform: Transform
) -> None:
    network = model(architecture, transform)
    context = window[0].clone().requires_grad_()
    quantiles, scaling = network(context, window[1])
    forecast = scaling.unscale(quantiles)
    assert quantiles.shape == forecast.shape == (len(context), H, Q)
    assert forecast.isfinite().all()
    assert (quantiles.diff(dim=-1) >= 0).all()
    assert (forecast.diff(dim=-1) >= 0).all()
    network.zero_grad()
    quantiles.abs().mean().backward()
    gradients = [parameter.grad for parameter in network.parameters() if parameter.grad is not None]
    assert gradients
    assert all(gradient.isfinite().all() for gradient in gradients)


@ALL
def test_context_gradient_is_finite_where_the_window_is_constant(architecture: str) -> None:
    context = torch.tensor([[5.0] * L, [0.0] * L, list(range(L))]).requires_grad_()
    quantiles, scaling = model(architecture)(context, torch.ones(3, L, dtype=torch.bool))
    scaling.unscale(quantiles).sum().backward()
    assert context.grad.isfinite().all()


@given(window=windows(L, st.floats(-100, 100, width=32)), factor=st.floats(0.01, 100), shift=st.floats(-100, 100))
def test_base_and_skip_are_equivariant_without_log(window: Window, factor: float, shift: float) -> None:
    context, observed = window
    spread = torch.where(observed, context, 0).std(1) > 1  # elsewhere the floor of the scale is at work
    enough = (observed.sum(1) > 2) & spread & (_deviation(context, observed) > 1)
    expected, moved = (
        scaling.unscale(quantiles)[enough]
        for quantiles, scaling in (
            model("stage", "none")(context, observed),
            model("stage", "none")(factor * context + shift, observed),
        )
    )
    largest = (factor * 100 + abs(shift)) * 10
    torch.testing.assert_close(moved, factor * expected + shift, rtol=1e-3, atol=1e-4 * largest)


def _deviation(context: torch.Tensor, observed: torch.Tensor) -> torch.Tensor:
    count = observed.sum(1).clamp(min=1)
    values = context.masked_fill(~observed, 0.0)
    mean = values.sum(1) / count
    return ((values - mean[:, None]).square() * observed).sum(1).div(count).sqrt()


@ALL
@settings(max_examples=20)
@given(window=windows(L, ORDINARY), factor=st.sampled_from([0.125, 0.5, 4.0, 1024.0]))
def test_every_model_is_equivariant_to_the_unit_without_log(architecture: str, window: Window, factor: float) -> None:
    context, observed = window
    some = (context.nan_to_num(posinf=0).abs() * observed).amax(1) > 1e-20  # smaller counts as zeros
    network = model(architecture, "none")
    (expected, before), (moved, after) = network(context, observed), network(factor * context, observed)
    torch.testing.assert_close(
        after.unscale(moved)[some], factor * before.unscale(expected)[some], rtol=1e-3, atol=1e-3 * factor
    )


@ALL
def test_values_behind_the_mask_do_not_matter(architecture: str) -> None:
    context = torch.arange(2.0 * L).view(2, L)
    observed = torch.ones(2, L, dtype=torch.bool)
    observed[:, [0, 3]] = False
    expected, _ = model(architecture)(context, observed)
    got, _ = model(architecture)(context.masked_fill(~observed, torch.nan), observed)
    torch.testing.assert_close(got, expected, rtol=0, atol=0)


def test_untrained_stage_without_network_is_seasonal_naive_with_widths() -> None:
    spec = ModelSpec("stage", horizon=6, season_length=4, token=4, context=8)
    context = torch.tensor([[10.0, 20, 30, 40, 11, 21, 31, 41]])
    quantiles, scaling = build(spec, seed=1)(context, torch.ones(1, 8, dtype=torch.bool))
    forecast = scaling.unscale(quantiles)[0]
    torch.testing.assert_close(forecast[:, MEDIAN], torch.tensor([11.0, 21, 31, 41, 11, 21]))
    assert (forecast.diff(dim=-1) > 0).all()


def test_network_steps_over_season_long_tokens_with_statistics() -> None:
    seen = []

    class Probe(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x.new_zeros(len(x), H * Q)

    stage = Stage(Probe(), context=12, horizon=H, season_length=4, token=4, transform="none")
    context = torch.arange(12.0)[None]
    stage(context, torch.ones(1, 12, dtype=torch.bool))
    tokens = seen[0]
    assert tokens.shape == (1, 3, 4 + 3 + 2)
    z = (context - context.mean()) / context.std(correction=0)
    torch.testing.assert_close(tokens[0, :, :4], z.view(3, 4))
    assert torch.equal(tokens[0, 0, 4:], tokens[0, 2, 4:])
