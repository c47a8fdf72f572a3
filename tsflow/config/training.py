"""How the networks are trained."""

from typing import Literal, Self

from pydantic import Field, model_validator

from tsflow.config.base import Settings

ARCHITECTURES = ("rnn", "lstm", "gru", "cnn", "transformer")


class Training(Settings):
    """One recipe for all architectures; the defaults are those measured in docs/benchmarks.md."""

    stage: bool = Field(True, description="False: the textbook as printed (token 1, standardised input, point output).")
    search: bool = Field(
        True,
        description="Choose transform, context, level and weights on the tune zone; False: the measured defaults.",
    )
    members: int | None = Field(
        None,
        ge=1,
        description="Networks of one architecture, each by one of the best recipes, whose mean forecasts; "
        "if not given 3 for up to 20,000 observations, else 1, or 2 where another context is as good; without a "
        "search 1.",
    )
    transform: Literal["auto", "log", "power", "none"] = Field(
        "auto",
        description="Applied before scaling where no value is negative; then no forecast is, either, but with `none`.",
    )
    context: int | None = Field(
        None,
        ge=1,
        description="Steps that a network sees, rounded up to whole tokens; from the frequency if not given.",
    )
    token: int | None = Field(None, ge=1, description="Steps that make one token; from the season if not given.")
    batch_size: int = Field(256, ge=1, description="Windows per step of the optimiser.")
    learning_rate: float = Field(1e-2, gt=0, description="Peak of the one-cycle schedule.")
    min_steps: int = Field(200, ge=1, description="Fewest optimiser steps.")
    max_steps: int = Field(2400, ge=1, description="Most optimiser steps; 20 passes over the windows in between.")
    patience: int = Field(4, ge=1, description="Evaluations on the tune zone without gain before training stops.")
    time_budget: float | None = Field(
        None,
        gt=0,
        description="Seconds that one architecture may train, which its networks share; as long again where it is "
        "trained on all data, and for each recipe tried a share as large as that of the steps. No limit if not given.",
    )
    init: Literal["fresh", "champion"] = Field(
        "fresh", description="What networks start from: random weights, or the champion's where the recipe is the same."
    )
    refit: Literal["winner", "all", "none"] = Field(
        "winner", description="Which candidates are trained again on all data."
    )
    seed: int = Field(1, ge=0, description="Same seed, same device, same numbers.")

    def within(self, share: float) -> Self:
        """The same with a share of the time budget."""
        return self if self.time_budget is None else self.model_copy(update={"time_budget": share * self.time_budget})

    @model_validator(mode="after")
    def _ascending_steps(self) -> Self:
        if self.min_steps > self.max_steps:
            raise ValueError(f"min_steps ({self.min_steps}) is above max_steps ({self.max_steps})")
        return self
