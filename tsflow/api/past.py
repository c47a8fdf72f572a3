"""What a pipeline would have done: slots of the past lived through, and many cutoffs compared."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import get_args

import pandas as pd

from tsflow import steps
from tsflow.errors import ConfigError
from tsflow.process import this_process
from tsflow.steps.past import ranking
from tsflow.steps.past.track_record import By, summary

Moment = datetime | str
"""A datetime or ISO 8601 text; without an offset it is UTC, as the times in frames are, or a date by the calendar."""


@dataclass(frozen=True)
class Replay:
    """A past lived through again: what became of its slots, and how what they published came true."""

    space: str
    """Where its runs, decisions and forecasts are kept."""
    slots: pd.DataFrame
    """``slot, outcome, run_id, error``, one row per slot; outcomes are published, done (before) and failed."""
    record: pd.DataFrame
    """Every published step that has come true beside seasonal naive's, in the form of ``utilsforecast.evaluation``."""
    costs: Mapping[str, float]
    """Retrains, promotions, failures, seconds of training."""

    def summary(self, by: By = "all") -> pd.DataFrame:
        """Errors and coverage of what was published and of seasonal naive; lower is better, but for the coverage.

        Raises:
            ConfigError: If there is no such group.
        """
        check_choice("by", by, get_args(By))
        return summary(self.record, by)


@dataclass(frozen=True)
class Comparison:
    """A backtest: every architecture and baseline from the same cutoffs."""

    space: str
    """Where it is kept."""
    forecasts: pd.DataFrame
    """``unique_id, ds, cutoff, y`` and each model's columns: what ``utilsforecast.evaluation.evaluate`` takes."""

    def leaderboard(self, by: ranking.By = "all", metric: ranking.Metric = "mase") -> pd.DataFrame:
        """Each model's errors, best first within each group.

        Raises:
            ConfigError: If there is no such group or metric.
        """
        check_choice("by", by, get_args(ranking.By))
        check_choice("metric", metric, get_args(ranking.Metric))
        return ranking.ranking(self.forecasts, by, metric)


def check_choice(argument: str, value: object, allowed: Sequence[str]) -> None:
    """Return if a value is one of those allowed.

    Raises:
        ConfigError: If it is not, with those that are.
    """
    if value not in allowed:
        raise ConfigError(f"{argument}: {value!r} is none of {', '.join(allowed)}")


def check_least(argument: str, value: int, least: int) -> None:
    """Return if a number is large enough.

    Raises:
        ConfigError: If it is not.
    """
    if value < least:
        raise ConfigError(f"{argument}: {value} is less than {least}")


def utc(moment: Moment, argument: str) -> datetime:
    """An aware moment; UTC if it has no offset.

    Raises:
        ConfigError: If it is a text and no ISO 8601 time, with the argument's name.
    """
    parsed = as_written(moment, argument)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed


def as_written(moment: Moment, argument: str) -> datetime:
    """A moment with its offset, if it has one: without, what it means is for the pipeline's clock to say.

    Raises:
        ConfigError: If it is a text and no ISO 8601 time, with the argument's name.
    """
    try:
        return pd.Timestamp(moment if isinstance(moment, datetime) else datetime.fromisoformat(moment)).to_pydatetime()
    except ValueError:
        raise ConfigError(f"{argument}: {moment!r} is no ISO 8601 time, such as 2024-07-01T06:00+02:00") from None


def live(
    config: str,
    name: str,
    first: Moment,
    last: Moment | None,
    *,
    again: bool,
    on_progress: steps.Progress | None,
) -> tuple[str, pd.DataFrame]:
    """Live through slots of the past; returns the space and what became of each slot.

    Args:
        config: Path of the project's YAML file.
        name: The pipeline.
        first: A moment in the first slot, as in `Pipeline.backfill`.
        last: A moment in the last; the slot before the present if not given.
        again: In a space of its own, rather than making up for missed slots in the live one.
        on_progress: Called with what is done, steps done and steps in all.
    """
    begin, end = as_written(first, "first"), None if last is None else as_written(last, "last")
    space, lived = steps.run_past_slots(
        *(config, name, begin, end),
        again=again,
        holder=this_process("tsflow in Python"),
        on_progress=on_progress,
        on_slot=on_progress,
    )
    columns = {
        "slot": pd.to_datetime([one.slot.replace(tzinfo=None) for one in lived]),
        "outcome": [one.outcome for one in lived],
        "run_id": pd.array([one.run_id for one in lived], dtype="Int64"),
        "error": [None if one.error is None else str(one.error) for one in lived],
    }
    return space, pd.DataFrame(columns)
