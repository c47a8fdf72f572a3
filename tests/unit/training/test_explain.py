import numpy as np
import pytest
import torch
from torch import nn

from tests.unit.training.panels import sinusoids
from tsflow.models import Ensemble, EnsembleSpec, ModelSpec, build
from tsflow.training import Fitted, Pairs
from tsflow.training.explain import explain

SEASON, CONTEXT, HORIZON = 6, 24, 4
PANEL = sinusoids(count=5, length=60, season=SEASON, noise=0.2)
PAIRS = Pairs(np.arange(5), np.full(5, 50))


class Remembers(nn.Module):
    """A network whose output is ten times the value at one lag, and nothing else."""

    def __init__(self, lag: int) -> None:
        super().__init__()
        self.lag = lag
        self.weight = nn.Parameter(torch.tensor(10.0))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (self.weight * x[:, -self.lag, :1]).expand(-1, HORIZON)


def fitted(model: nn.Module, spec: ModelSpec | EnsembleSpec) -> Fitted:
    return Fitted(model, spec, steps=1, seconds=0.0, tune_loss=None, curve=[], device="cpu", notices=())


def spec_of(architecture: str, *, stage: bool = True, context: int = CONTEXT) -> ModelSpec:
    token = SEASON if stage else 1
    return ModelSpec(architecture, horizon=HORIZON, season_length=SEASON, token=token, context=context, stage=stage)


@pytest.mark.parametrize("lag", [1, 7, 24])
def test_a_network_that_looks_at_one_lag_is_found_out(lag: int) -> None:
    model = build(spec_of("rnn", stage=False), 1)
    model.network = Remembers(lag)
    found = explain(fitted(model, spec_of("rnn", stage=False)), PANEL, PAIRS)
    assert found.network_reach == lag
    assert found.leans_on[0] == [lag, 1.0]
    assert found.network_influence[lag - 1] == 1.0
    assert found.milliseconds > 0


@pytest.mark.parametrize("stage", [True, False])
@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "cnn", "transformer"])
def test_each_architecture_is_explained_and_left_as_it_was(architecture: str, stage: bool) -> None:
    spec = spec_of(architecture, stage=stage)
    model = build(spec, 1).eval()
    before = {name: value.clone() for name, value in model.state_dict().items()}
    found = explain(fitted(model, spec), PANEL, PAIRS)
    assert 1 <= found.network_reach <= CONTEXT
    assert 1 <= found.reach <= CONTEXT
    assert sum(found.network_influence) == pytest.approx(1, abs=1e-3)
    assert [share for _, share in found.leans_on] == sorted((share for _, share in found.leans_on), reverse=True)
    assert all(torch.equal(before[name], value) for name, value in model.state_dict().items())
    assert all(parameter.grad is None for parameter in model.parameters())
    assert not model.training


def test_the_stage_alone_has_no_network_to_explain() -> None:
    spec = spec_of("stage")
    found = explain(fitted(build(spec, 1), spec), PANEL, PAIRS)
    assert (found.network_reach, found.network_influence) == (None, [])
    assert {lag for lag, _ in found.leans_on[:4]} == {3, 4, 5, 6}  # seasonal naive: four steps ahead, one season back


def test_an_ensemble_is_the_mean_of_its_members_each_with_its_own_context() -> None:
    specs = (spec_of("rnn", stage=False), spec_of("rnn", stage=False, context=12))
    members = [build(spec, 1) for spec in specs]
    members[0].network, members[1].network = Remembers(20), Remembers(3)
    whole = fitted(Ensemble(members, [CONTEXT, 12]).eval(), EnsembleSpec("rnn", specs))
    found = explain(whole, PANEL, PAIRS)
    assert found.leans_on[:2] == [[3, 0.5], [20, 0.5]]
    assert found.network_reach == 20
