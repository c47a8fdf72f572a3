import torch
from hypothesis import given
from torch import nn

from tests.unit.models.windows import Window, windows
from tsflow.models import ModelSpec, build
from tsflow.models.plain import Plain

L, H = 6, 2
GRU = build(ModelSpec("gru", H, season_length=3, token=1, context=L, stage=False, width=4), seed=1)


def test_network_sees_the_standardised_window_step_by_step() -> None:
    seen = []

    class Probe(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            seen.append(x)
            return x.new_zeros(len(x), H)

    context = torch.arange(float(L))[None]
    forecast, scaling = Plain(Probe())(context, torch.ones(1, L, dtype=torch.bool))
    torch.testing.assert_close(seen[0][..., 0], (context - context.mean()) / context.std(correction=0))
    assert seen[0].shape == (1, L, 1)
    torch.testing.assert_close(scaling.unscale(forecast), torch.full((1, H, 1), context.mean().item()))


@given(windows(L))
def test_any_window_gives_finite_forecasts_and_gradients(window: Window) -> None:
    forecast, scaling = GRU(*window)
    assert scaling.unscale(forecast).isfinite().all()
    GRU.zero_grad()
    forecast.abs().mean().backward()
    assert all(parameter.grad.isfinite().all() for parameter in GRU.parameters())
