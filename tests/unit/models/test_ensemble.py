import pytest
import torch

from tsflow.models import EnsembleSpec, ModelSpec, build

SHORT = ModelSpec("gru", horizon=3, season_length=4, token=4, context=8, transform="log", width=8)
LONG = ModelSpec("cnn", horizon=3, season_length=4, token=4, context=12, transform="none", width=8)
SPEC = EnsembleSpec("ensemble", (SHORT, LONG))


def test_forecast_is_the_mean_of_the_members_in_units_of_y() -> None:
    model = build(SPEC, seed=1).eval()
    context, observed = 10 + torch.arange(24.0).view(2, 12), torch.ones(2, 12, dtype=torch.bool)
    quantiles, scaling = model(context, observed)
    alone = []
    for member, steps in zip(model.members, (8, 12), strict=True):
        part, own = member(context[:, -steps:], observed[:, -steps:])
        alone.append(own.unscale(part))
    torch.testing.assert_close(scaling.unscale(quantiles), (alone[0] + alone[1]) / 2)
    assert (quantiles.diff(dim=-1) >= 0).all()


def test_a_member_sees_no_more_than_its_own_context() -> None:
    model = build(EnsembleSpec("gru", (SHORT,)), seed=1).eval()
    context, observed = torch.rand(1, 12), torch.ones(1, 12, dtype=torch.bool)
    changed = context.clone()
    changed[:, :4] = 1e6
    assert torch.equal(model(context, observed)[0], model(changed, observed)[0])


@pytest.mark.parametrize("seed", [1, 2])
def test_same_seed_same_weights(seed: int) -> None:
    one, other = (build(SPEC, seed).state_dict() for _ in range(2))
    assert all(torch.equal(one[name], other[name]) for name in one)
