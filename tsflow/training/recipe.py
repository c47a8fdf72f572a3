"""From a pipeline's settings and its data to the specification of a model."""

from typing import Literal

from tsflow.config import Training
from tsflow.frequency import WindowShape
from tsflow.models import ModelSpec
from tsflow.panel import Panel

_RECURRENT = ("rnn", "lstm", "gru")
_SMALL = 20_000
"""Observations below which a recurrent network has 64 hidden units instead of its own 128."""


def make_spec(panel: Panel, *, shape: WindowShape, horizon: int, architecture: str, training: Training) -> ModelSpec:
    """The specification of one architecture for a panel.

    Args:
        panel: What it will be trained on; decides transform and width.
        shape: Season, token and context of the pipeline.
        horizon: Steps to forecast.
        architecture: A name in `tsflow.models.ARCHITECTURES`.
        training: The pipeline's training settings.
    """
    small = architecture in _RECURRENT and int(panel.observed.sum()) < _SMALL
    return ModelSpec(
        architecture,
        horizon=horizon,
        season_length=shape.season_length,
        token=shape.token if training.stage else 1,
        context=shape.context,
        transform=resolve_transform(panel, training.transform),
        stage=training.stage,
        width=64 if small else None,
    )


def resolve_transform(panel: Panel, transform: Literal["log", "none"]) -> Literal["log", "none"]:
    """The configured transform, but ``none`` for a panel with a negative value: its series keep one scale."""
    return "none" if transform == "log" and bool((panel.values < 0).any()) else transform
