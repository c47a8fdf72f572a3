"""Recipes: how windows are put to the networks and what they learn from; chosen on the tune zone, the same for all."""

from dataclasses import asdict, dataclass
from typing import Any

from tsflow.config import Training
from tsflow.frequency import WindowShape
from tsflow.models import ModelSpec
from tsflow.models.scaling import Level, Transform
from tsflow.panel import Panel

_RECURRENT = ("rnn", "lstm", "gru")
SMALL = 20_000
"""Observations below which a recurrent network has 64 hidden units instead of its own 128."""


@dataclass(frozen=True)
class Recipe:
    """All that is chosen for a retrain but the architecture.

    >>> recipe = Recipe("power", token=12, context=36)
    >>> Recipe(**recipe.to_json()) == recipe
    True
    """

    transform: Transform
    token: int
    """Steps that make one token."""
    context: int
    """Steps that a network sees, a multiple of the token."""
    level: Level = "window"
    emphasis: float = 0.0
    """Power of a window's relative scale by which its loss is weighted: above 0, what moves more counts more."""
    synthetic: float = 0.0
    """Share of each batch that comes from synthetic series."""

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return asdict(self)

    def __str__(self) -> str:
        extras = [f"level of the last {self.level}"] if self.level == "season" else []
        extras += [f"emphasis {self.emphasis:g}"] if self.emphasis else []
        extras += [f"{self.synthetic:.0%} synthetic"] if self.synthetic else []
        return ", ".join([f"transform {self.transform}", f"context {self.context} by {self.token}", *extras])


def plain_recipe(panel: Panel, shape: WindowShape, training: Training) -> Recipe:
    """The recipe without a search: the configured settings, else the measured defaults."""
    if not training.stage:
        return Recipe("none", 1, shape.context)
    transform = "log" if training.transform == "auto" else training.transform
    return Recipe("none" if panel.has_negative else transform, shape.token, shape.context, emphasis=0.5)


def make_spec(
    panel: Panel,
    recipe: Recipe,
    *,
    season_length: int,
    horizon: int,
    architecture: str,
    stage: bool = True,
    unit: float = 1.0,
) -> ModelSpec:
    """The specification of one architecture for a panel.

    Args:
        panel: What it will be trained on; decides the width.
        recipe: Transform, level, token, context.
        season_length: Steps in a season.
        horizon: Steps to forecast.
        architecture: A name in `tsflow.models.ARCHITECTURES`.
        stage: False for the textbook as printed.
        unit: What a window of zeros is scaled by, in units of y.
    """
    small = architecture in _RECURRENT and int(panel.observed.sum()) < SMALL
    return ModelSpec(
        architecture,
        horizon=horizon,
        season_length=season_length,
        token=recipe.token,
        context=recipe.context,
        transform=recipe.transform,
        level=recipe.level,
        stage=stage,
        unit=unit,
        width=64 if small else None,
    )
