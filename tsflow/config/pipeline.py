"""One pipeline: from a source to forecasts, on one grid, on one schedule."""

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from tsflow.config.base import Settings
from tsflow.config.source import Source
from tsflow.config.training import ARCHITECTURES, Training
from tsflow.frequency import Frequency, WindowShape


class Quality(Settings):
    """Which rows are good, and how many bad ones are too many."""

    minimum: float = Field(-1e15, description="Smallest credible value; a smaller one is quarantined.")
    maximum: float = Field(1e15, description="Largest credible value; a larger one is quarantined.")
    earliest: datetime = Field(
        datetime(1678, 1, 1), description="First credible timestamp (pandas' own first year is 1678)."  # noqa: DTZ001
    )
    max_bad_share: float = Field(0.2, ge=0, le=1, description="Share of bad rows above which the ingest stops.")
    flat_steps: int | None = Field(None, ge=2, description="Equal values in a row that count as flat; two seasons if not given.")


class Selection(Settings):
    """How the model that is published is chosen."""

    margin: float = Field(0.0, ge=0, lt=1, description="Relative gain over the champion's recipe that a challenger must show.")
    cutoffs: int = Field(3, ge=1, description="Cutoffs of the tune zone, and at most as many of the select zone.")


class Retrain(Settings):
    """When a slot retrains; otherwise it forecasts with the champion."""

    every_steps: int | None = Field(None, ge=1, description="Retrain when the champion's decision is this many steps old; every slot if not given.")


class Intervals(Settings):
    """How intervals are calibrated."""

    conformal: bool = Field(True, description="Correct the quantiles by held-out residuals.")


class Pipeline(Settings):
    """One pipeline of the project."""

    source: Source = Field(description="Where the series come from.")
    frequency: str = Field(description="Grid of the series, a pandas alias: h, D, W-MON, MS ...")
    horizon: int = Field(ge=1, description="Steps to forecast.")
    season_length: int | None = Field(None, ge=1, description="Steps in a season; from the frequency if not given.")
    timezone: str = Field("UTC", description="Zone that decides local hours; stamps are stored in UTC.")
    clock: Literal["wall", "data"] = Field("wall", description="`data`: now is one step after the last observation.")
    schedule: str | None = Field(None, description="Cron expression of the slots, in the pipeline's timezone.")
    delay: float = Field(0.0, ge=0, description="Seconds after its stamp at which a row could be known.")
    ended_after: int | None = Field(
        None, ge=1, description="Steps without an observation after which a series has ended; never if not given."
    )
    quality: Quality = Field(Quality(), description="Which rows are good.")
    architectures: tuple[str, ...] = Field(ARCHITECTURES, min_length=1, description="Networks that are trained.")
    training: Training = Field(Training(), description="How they are trained.")
    selection: Selection = Field(Selection(), description="How one of them is chosen.")
    retrain: Retrain = Field(Retrain(), description="When they are trained again.")
    intervals: Intervals = Field(Intervals(), description="How intervals are calibrated.")

    @field_validator("frequency")
    @classmethod
    def _known_frequency(cls, value: str) -> str:
        Frequency.parse(value)
        return value

    @field_validator("timezone")
    @classmethod
    def _known_timezone(cls, value: str) -> str:
        ZoneInfo(value)
        return value

    @property
    def grid(self) -> Frequency:
        """The parsed frequency."""
        return Frequency.parse(self.frequency)

    @property
    def shape(self) -> WindowShape:
        """Season, token and context, as configured or from the frequency."""
        return self.grid.shape(self.season_length, self.training.token, self.training.context)
