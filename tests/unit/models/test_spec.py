import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.errors import ArtifactError, ConfigError
from tsflow.models import EnsembleSpec, ModelSpec, spec_from_json

LENGTH = st.integers(1, 10_000)
SPEC = ModelSpec("gru", horizon=12, season_length=12, token=12, context=36)


@st.composite
def specs(draw: st.DrawFn) -> ModelSpec:
    token = draw(LENGTH)
    return ModelSpec(
        draw(st.text()),
        draw(LENGTH),
        draw(LENGTH),
        token,
        token * draw(LENGTH),
        draw(st.sampled_from(["log", "power", "none"])),
        draw(st.sampled_from(["window", "season"])),
        draw(st.booleans()),
        draw(st.none() | LENGTH),
    )


@given(specs())
def test_json_round_trip(spec: ModelSpec) -> None:
    assert spec_from_json(json.loads(json.dumps(spec.to_json()))) == spec


@given(st.lists(st.integers(1, 4), min_size=1, max_size=3))
def test_json_round_trip_of_an_ensemble(seasons: list[int]) -> None:
    members = tuple(ModelSpec("gru", 12, season_length=12, token=12, context=12 * one) for one in seasons)
    spec = EnsembleSpec("gru", members)
    assert spec_from_json(json.loads(json.dumps(spec.to_json()))) == spec
    assert (spec.horizon, spec.season_length, spec.context) == (12, 12, 12 * max(seasons))


def test_members_that_forecast_different_things_are_refused() -> None:
    other = ModelSpec("gru", horizon=6, season_length=12, token=12, context=36)
    with pytest.raises(ConfigError, match="one horizon"):
        EnsembleSpec("gru", (SPEC, other))


def test_a_specification_from_before_there_were_units_is_read() -> None:
    kept = replace(SPEC, unit=0.25).to_json()
    read = spec_from_json(kept)
    assert isinstance(read, ModelSpec)
    assert read.unit == 0.25
    old = spec_from_json({name: value for name, value in kept.items() if name != "unit"})
    assert isinstance(old, ModelSpec)
    assert old.unit == 1.0


def test_other_version_is_refused() -> None:
    with pytest.raises(ArtifactError, match="version 99"):
        spec_from_json({**SPEC.to_json(), "version": 99})


def test_unknown_field_is_refused() -> None:
    with pytest.raises(ArtifactError, match="depth"):
        spec_from_json({**SPEC.to_json(), "depth": 3})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizon": 0}, "horizon must be at least 1"),
        ({"width": 0}, "width must be at least 1"),
        ({"context": 37}, r"context \(37\) must be a multiple of token \(12\)"),
        ({"transform": "sqrt"}, "unknown transform 'sqrt'; allowed: log, power, none"),
        ({"level": "year"}, "unknown level 'year'; allowed: window, season"),
    ],
)
def test_impossible_specification_is_refused(changes: dict[str, object], message: str) -> None:
    values = {"architecture": "gru", "horizon": 12, "season_length": 12, "token": 12, "context": 36}
    with pytest.raises(ConfigError, match=message):
        ModelSpec(**{**values, **changes})
