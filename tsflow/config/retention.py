"""How long things are kept; without a limit, for ever."""

from pydantic import Field

from tsflow.config.base import Settings


class Age(Settings):
    """A limit by age."""

    days: float | None = Field(None, gt=0, description="Keep what is younger; for ever if not given.")


class Limits(Age):
    """Limits by age and by count; what exceeds either goes."""

    count: int | None = Field(None, ge=1, description="Keep this many of the newest; all if not given.")


class Retention(Settings):
    """What `tsflow prune` leaves; never touched: the champion, current forecasts, and what a kept forecast needs.

    A replay or backtest counts among the forecasts, but by when it was last worked on; it is kept or goes as a whole.
    """

    forecasts: Limits = Field(
        Limits(), description="Published slots, replays, backtests; how slots turned out by lead is kept."
    )
    models: Limits = Field(Limits(), description="Retrains: weights and scores by series; what was decided is kept.")
    revisions: Age = Field(Age(), description="Values that were replaced, unless a kept forecast has seen them.")
    quarantine: Age = Field(Age(), description="Refused rows, since they were last seen.")
    runs: Age = Field(Age(), description="Runs of which nothing else is left.")
