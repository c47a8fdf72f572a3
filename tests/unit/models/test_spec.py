import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.errors import ArtifactError, ConfigError
from tsflow.models import ModelSpec

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
        draw(st.sampled_from(["log", "none"])),
        draw(st.booleans()),
        draw(st.none() | LENGTH),
    )


@given(specs())
def test_json_round_trip(spec: ModelSpec) -> None:
    assert ModelSpec.from_json(json.loads(json.dumps(spec.to_json()))) == spec


def test_other_version_is_refused() -> None:
    with pytest.raises(ArtifactError, match="version 99"):
        ModelSpec.from_json({**SPEC.to_json(), "version": 99})


def test_unknown_field_is_refused() -> None:
    with pytest.raises(ArtifactError, match="depth"):
        ModelSpec.from_json({**SPEC.to_json(), "depth": 3})


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"horizon": 0}, "horizon must be at least 1"),
        ({"width": 0}, "width must be at least 1"),
        ({"context": 37}, r"context \(37\) must be a multiple of token \(12\)"),
        ({"transform": "sqrt"}, "unknown transform 'sqrt'"),
    ],
)
def test_impossible_specification_is_refused(changes: dict[str, object], message: str) -> None:
    values = {"architecture": "gru", "horizon": 12, "season_length": 12, "token": 12, "context": 36}
    with pytest.raises(ConfigError, match=message):
        ModelSpec(**{**values, **changes})
