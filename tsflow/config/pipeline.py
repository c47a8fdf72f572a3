"""One pipeline: from a source to forecasts, on one grid, on one schedule."""

from datetime import UTC, datetime
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from tsflow.config.base import Settings, Timezone
from tsflow.config.operation import Alerts, Deployment
from tsflow.config.retention import Retention
from tsflow.config.schedule import Schedule
from tsflow.config.source import Source
from tsflow.config.training import ARCHITECTURES, Training
from tsflow.frequency import Frequency, WindowShape

_LARGEST = 1e37
"""A panel is of float32, which ends at 3e38."""


class Quality(Settings):
    """Which rows are good, and how many bad ones are too many."""

    minimum: float = Field(-1e15, ge=-_LARGEST, description="Smallest credible value; a smaller one is quarantined.")
    maximum: float = Field(1e15, le=_LARGEST, description="Largest credible value; a larger one is quarantined.")
    earliest: datetime = Field(
        datetime(1678, 1, 1),  # noqa: DTZ001 - UTC, as everywhere in arrays
        description="First credible timestamp, in UTC (pandas' own first year is 1678).",
    )
    missing: Literal["quarantine", "gap"] = Field(
        "quarantine", description="What a row without a value is: a bad row, or a gap that is only counted."
    )
    max_bad_share: float = Field(0.2, ge=0, le=1, description="Share of bad rows above which the ingest stops.")
    flat_steps: int | None = Field(
        None, ge=2, description="Equal values in a row that count as flat; two seasons if not given."
    )

    @field_validator("earliest")
    @classmethod
    def _in_utc(cls, value: datetime) -> datetime:
        return value if value.tzinfo is None else value.astimezone(UTC).replace(tzinfo=None)

    @model_validator(mode="after")
    def _a_range(self) -> Self:
        if self.minimum > self.maximum:
            raise ValueError(f"minimum ({self.minimum}) is above maximum ({self.maximum})")
        return self


class Selection(Settings):
    """How the model that is published is chosen."""

    publish: Literal["best", "ensemble", "auto"] = Field(
        "best",
        description="The best architecture by validation loss, the mean of all networks, or whichever is better.",
    )
    margin: float = Field(
        0.0, ge=0, lt=1, description="Relative gain over the champion's recipe that a challenger must show."
    )
    cutoffs: int | None = Field(
        None,
        ge=1,
        description="Most cutoffs of the tune and of the select zone; enough for 30 pairs (3 to 10) if not given.",
    )


class Retrain(Settings):
    """When a slot retrains, otherwise it forecasts with the champion: when one of these says so, or none is set."""

    every_steps: int | None = Field(
        None, ge=1, description="Retrain when the champion's decision is this many steps old."
    )
    schedule: Schedule | None = Field(
        None, description="Retrain in the first slot at or after each of these times: cron, iCalendar rule or seconds."
    )
    new_data_share: float | None = Field(
        None, gt=0, description="Retrain when there are this many more observations: 0.1 is a tenth."
    )
    on_drift: bool = Field(
        True, description="Also when the errors of published forecasts have grown beyond those promised."
    )


class Intervals(Settings):
    """How intervals are calibrated."""

    conformal: bool = Field(True, description="Correct the quantiles by held-out residuals.")


class Pipeline(Settings):
    """One pipeline of the project."""

    source: Source = Field(description="Where the series come from.")
    frequency: str = Field(description="Grid of the series, a pandas alias: h, D, W-MON, MS ...")
    horizon: int = Field(ge=1, description="Steps to forecast.")
    season_length: int | None = Field(None, ge=1, description="Steps in a season; from the frequency if not given.")
    timezone: Timezone = Field(
        "UTC", description="Zone of dates, schedules and local times in views; stamps and seasons go by UTC."
    )
    clock: Literal["wall", "data"] = Field("wall", description="`data`: now is one step after the last observation.")
    schedule: Schedule | None = Field(
        None, description="When it runs: cron or iCalendar rule in the pipeline's timezone, or seconds."
    )
    delay: float = Field(0.0, ge=0, description="Seconds after its stamp at which a row could be known.")
    ended_after: Annotated[int, Field(ge=1)] | Literal["never"] | None = Field(
        None,
        description="Steps without an observation after which a series has ended and is not forecast; "
        "twice the season or the horizon, whichever is longer, if not given.",
    )
    quality: Quality = Field(Quality(), description="Which rows are good.")
    architectures: tuple[str, ...] = Field(
        (*ARCHITECTURES, "stage"),
        min_length=1,
        description="Candidates; `stage` is what surrounds the networks, alone.",
    )
    training: Training = Field(Training(), description="How they are trained.")
    selection: Selection = Field(Selection(), description="How one of them is chosen.")
    retrain: Retrain = Field(Retrain(), description="When they are trained again.")
    intervals: Intervals = Field(Intervals(), description="How intervals are calibrated.")
    deployment: Deployment = Field(Deployment(), description="How Prefect runs it.")
    alerts: Alerts = Field(Alerts(), description="When somebody is told.")
    retention: Retention = Field(Retention(), description="What is kept; as the project says, if nothing is set.")

    @field_validator("frequency")
    @classmethod
    def _known_frequency(cls, value: str) -> str:
        Frequency.parse(value)
        return value

    @field_validator("architectures")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if value.count(name) > 1:
                raise ValueError(f"{name!r} stands there more than once")
        return value

    @model_validator(mode="after")
    def _something_to_train(self) -> Self:
        if not self.training.stage and self.architectures == ("stage",):
            raise ValueError("architectures: the stage alone is none with training.stage: false; name a network")
        return self

    @property
    def most_silent_steps(self) -> int | None:
        """Steps without an observation after which a series has ended; none if it never does."""
        if self.ended_after == "never":
            return None
        return self.ended_after or 2 * max(self.shape.season_length, self.horizon)

    @property
    def refits_all(self) -> bool:
        """Whether every candidate is trained again on all data: an ensemble is made of all of them."""
        refit = self.training.refit
        return refit == "all" or (refit == "winner" and self.selection.publish != "best")

    @property
    def grid(self) -> Frequency:
        """The parsed frequency."""
        return Frequency.parse(self.frequency)

    @property
    def shape(self) -> WindowShape:
        """Season, token and context, as configured or from the frequency; the textbook as printed has tokens of 1."""
        token = self.training.token if self.training.stage else 1
        return self.grid.shape(self.season_length, token, self.training.context)
