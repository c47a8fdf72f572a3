import pytest
import torch

from tsflow.config.training import ARCHITECTURES as CONFIGURED
from tsflow.errors import ConfigError
from tsflow.models import ARCHITECTURES, LEVELS, ModelSpec, build


def spec(architecture: str, **changes: object) -> ModelSpec:
    return ModelSpec(architecture, **{"horizon": 5, "season_length": 7, "token": 7, "context": 14, **changes})


NETWORKS = [name for name, architecture in ARCHITECTURES.items() if architecture.plain]
CASES = [spec(name) for name in ARCHITECTURES] + [spec(name, stage=False, token=1) for name in NETWORKS]
EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.architecture}-{case.stage}")


@EACH
def test_same_seed_gives_the_same_weights(case: ModelSpec) -> None:
    first, again, other = (build(case, seed).state_dict() for seed in (1, 1, 2))
    assert all(torch.equal(first[name], again[name]) for name in first)
    assert case.architecture == "stage" or any(not torch.equal(first[name], other[name]) for name in first)


@EACH
def test_global_random_state_is_untouched(case: ModelSpec) -> None:
    before = torch.get_rng_state()
    build(case, seed=3)
    assert torch.equal(torch.get_rng_state(), before)


@EACH
def test_levels_and_shapes_agree(case: ModelSpec) -> None:
    model = build(case, seed=1)
    quantiles, scaling = model(torch.rand(3, 14), torch.rand(3, 14) > 0.3)
    assert model.levels == case.levels
    assert quantiles.shape == (3, 5, len(case.levels))
    assert scaling.unscale(quantiles).isfinite().all()


def test_every_configurable_architecture_is_registered() -> None:
    assert set(ARCHITECTURES) == {*CONFIGURED, "stage"}
    assert all(name == architecture.name for name, architecture in ARCHITECTURES.items())


def test_width_makes_a_smaller_network() -> None:
    small, large = (build(spec("gru", width=width), seed=1) for width in (64, None))
    assert (small.network.gru.hidden_size, large.network.gru.hidden_size) == (64, 128)


@pytest.mark.parametrize("architecture", NETWORKS)
def test_width_that_no_number_of_heads_divides_works(architecture: str) -> None:
    model = build(spec(architecture, width=7), seed=1)
    assert model(torch.rand(2, 14), torch.ones(2, 14, dtype=torch.bool))[0].isfinite().all()


def test_unknown_architecture_is_refused_with_those_there_are() -> None:
    with pytest.raises(ConfigError, match=r"'nbeats'.*rnn, lstm, gru, cnn, transformer, stage"):
        build(spec("nbeats"), seed=1)


def test_stage_alone_has_no_plain_mode() -> None:
    with pytest.raises(ConfigError, match="no plain mode"):
        build(spec("stage", stage=False), seed=1)


def test_levels_are_the_quantiles_or_the_median() -> None:
    assert spec("gru").levels == LEVELS
    assert spec("gru", stage=False).levels == (0.5,)
