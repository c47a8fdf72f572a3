"""A project and its pipelines, for a notebook: what the commands do, with frames instead of printed tables."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from sqlalchemy import Engine

from tsflow import config, steps
from tsflow.api.past import Comparison, Moment, Replay, as_written, check_least, live, utc
from tsflow.errors import ConfigError, DataError
from tsflow.process import this_process, wall_clock
from tsflow.steps.past.backtest import backtest, comparison, plan_backtest
from tsflow.steps.past.reproduce import Reproduction, reproduce
from tsflow.steps.past.track_record import track_record
from tsflow.steps.show.picture import picture
from tsflow.steps.show.report import Written, write_report
from tsflow.store import migrate, readers, runs, track
from tsflow.store.engine import opened


@dataclass(frozen=True)
class Project:
    """All pipelines that one `tsflow.yaml` describes; nothing is opened before it is asked for."""

    path: Path
    """The YAML file."""
    settings: config.Project

    @classmethod
    def load(cls, path: str | Path = "tsflow.yaml") -> "Project":
        """Read the YAML file.

        Raises:
            ConfigError: If it is missing or wrong, with a line for each thing that is.
        """
        return cls(Path(path).resolve(), config.load_project(path))

    def __repr__(self) -> str:
        return f"Project({str(self.path)!r}, pipelines: {', '.join(self.pipelines)})"

    @property
    def pipelines(self) -> tuple[str, ...]:
        """The names of the pipelines."""
        return tuple(self.settings.pipelines)

    def pipeline(self, name: str) -> "Pipeline":
        """One pipeline.

        Raises:
            ConfigError: If there is none of that name.
        """
        self.settings.pipeline(name)
        return Pipeline(self, name)

    def health(self) -> pd.DataFrame:
        """Whether each pipeline that has run is well: the view `pipeline_health`."""
        with self.database() as engine:
            return readers.pipeline_health(engine)

    @contextmanager
    def database(self) -> Iterator[Engine]:
        """The database, to read from.

        Raises:
            StoreError: If it cannot be reached, or has no tables yet.
        """
        with opened(self.settings.database.get_secret_value()) as engine:
            migrate.check(engine)
            yield engine


@dataclass(frozen=True)
class Pipeline:
    """One pipeline of a project. Times in frames are naive UTC; an argument without a zone is UTC, too."""

    project: Project
    name: str

    def __repr__(self) -> str:
        return f"Pipeline({self.name!r} of {str(self.project.path)!r})"

    @property
    def settings(self) -> config.Pipeline:
        """Its settings."""
        return self.project.settings.pipeline(self.name)

    def run(self, *, now: Moment | None = None, force: bool = False, on_progress: steps.Progress | None = None) -> int:
        """Do the present slot: ingest, retrain if due, forecast; returns the number of the forecast run.

        A slot that is done is left as it is.

        Args:
            now: The present moment; the wall clock's if not given. A pipeline on the clock of its data
                takes its slot from them.
            force: Do the slot again.
            on_progress: Called with what is done, steps done and steps in all.

        Raises:
            TsflowError: One of its kinds, with the place, the cause and the remedy.
        """
        path, wall = str(self.project.path), wall_clock() if now is None else utc(now, "now")
        found = None if force else steps.look_up(path, self.name, wall=wall)
        if isinstance(found, steps.Done):
            return found.run_id
        holder = this_process("tsflow in Python")
        with (
            steps.hold_slot(path, self.name, wall=wall, force=force, holder=holder) as ticket,
            steps.open_job(ticket) as job,
        ):
            return steps.run_slot(job, on_progress)

    def backfill(
        self, first: Moment, last: Moment | None = None, *, on_progress: steps.Progress | None = None
    ) -> pd.DataFrame:
        """Run missed slots, oldest first, each with what was known at its time; nothing present is moved.

        Args:
            first: A moment in the first slot; without an offset it is by the pipeline's clock (UTC, or its dates).
            last: A moment in the last; the slot before the present if not given.
            on_progress: Called with what is done, steps done and steps in all.

        Returns:
            ``slot, outcome, run_id, error``, one row per slot: published, done (before) or failed. One that failed does
            not keep the others from their turn.

        Raises:
            ConfigError: If no such slot is past.
        """
        path = str(self.project.path)
        return live(path, self.name, first, last, again=False, on_progress=on_progress)[1]

    def replay(self, first: Moment, last: Moment | None = None, *, on_progress: steps.Progress | None = None) -> Replay:
        """Live through the schedule of the past in a space of its own: the honest track record.

        Each slot sees what was known then, retrains and decides as it would have. One that was broken off goes on
        where it stopped. Arguments and errors are those of `backfill`.
        """
        path = str(self.project.path)
        space, slots = live(path, self.name, first, last, again=True, on_progress=on_progress)
        with self.project.database() as engine:
            record = track_record(engine, self.name, self.settings, space)
            return Replay(space, slots, record, track.costs(engine, self.name, space))

    def backtest(
        self,
        *,
        windows: int = 12,
        step: int | None = None,
        every: int = 0,
        last: Moment | None = None,
        others: Sequence[str] = (),
        on_progress: steps.Progress | None = None,
    ) -> Comparison:
        """Compare all architectures and baselines from many cutoffs of the past (rolling origin).

        Args:
            windows: Number of cutoffs.
            step: Steps from one to the next; the horizon if not given.
            every: Train again every so many windows; 0: once, at the first.
            last: The last step that may be judged; the last of the data if not given.
            others: More baselines: ``auto_ets``, ``auto_theta``, which need statsforecast.
            on_progress: Called with what is done, steps done and steps in all.

        Raises:
            ConfigError: If a number is too small, or another baseline is unknown or not installed.
            DataError: If nothing is ingested yet.
            TrainingError: If nothing can be trained at a cutoff.
        """
        for argument, value, least in (("windows", windows, 1), ("step", step, 1), ("every", every, 0)):
            if value is not None:
                check_least(argument, value, least)
        path, end = str(self.project.path), None if last is None else as_written(last, "last")
        plan = plan_backtest(path, self.name, windows=windows, step=step, every=every, last=end)
        holder = this_process("tsflow in Python")
        for _ in backtest(path, self.name, plan, others=others, holder=holder, on_progress=on_progress):
            pass
        return Comparison(plan.space, comparison(path, self.name, plan.space))

    def reproduce(self, run_id: int) -> Reproduction:
        """Make a past forecast again from the data, settings and weights of then; only reads.

        Raises:
            ConfigError: If that run is not of this pipeline, or has published nothing.
            DataError: If its forecasts were pruned.
        """
        with self.project.database() as engine:
            if runs.get(engine, run_id).pipeline != self.name:
                raise ConfigError(f"run {run_id} is not of {self.name}; `.forecasts()` shows the runs that are")
            path, settings = str(self.project.path), self.project.settings
            return reproduce(settings, engine, run_id, config=path)

    def report(self, folder: str | Path | None = None) -> Written:
        """Write a page that needs no network, and a picture of it; returns where they are.

        Args:
            folder: A path or any fsspec URL; the project's ``reports`` if not given.

        Raises:
            ArtifactError: If the folder cannot be written to.
        """
        place = str(folder or self.project.settings.reports)
        with self.project.database() as engine:
            return write_report(engine, self.name, self.settings, folder=place, now=wall_clock())

    def forecasts(self, *series: str, as_of: Moment | None = None) -> pd.DataFrame:
        """The current forecasts of the given series or of all, or those that a reader saw at a moment.

        Raises:
            ConfigError: If there is no such series, with those that there are.
        """
        moment = None if as_of is None else utc(as_of, "as_of")
        return self._read_of(readers.latest_forecasts, series, moment)

    def accuracy(self, *series: str) -> pd.DataFrame:
        """Every published forecast of the given series or of all that came true since, beside what did.

        Raises:
            ConfigError: If there is no such series, with those that there are.
        """
        return self._read_of(readers.forecast_accuracy, series)

    def leaderboard(self) -> pd.DataFrame:
        """The models of the last retrain, best first; a lower loss is better."""
        return self._read(readers.leaderboard)

    def decisions(self) -> pd.DataFrame:
        """Every decision, that of the newest slot first, with its reason."""
        return self._read(readers.decisions)

    def series(self) -> pd.DataFrame:
        """Every series, with its first and last observation and how many there are."""
        return self._read(readers.series)

    def quarantine(self) -> pd.DataFrame:
        """The refused rows that are not mended yet, with the reason."""
        return self._read(readers.quarantine)

    def plot(self, *series: str) -> Figure:
        """Draw the end of the history and the current forecasts of up to six series.

        Raises:
            ConfigError: If there is no such series, with those that there are.
            DataError: If nothing is published for them.
        """
        with self.project.database() as engine:
            readers.check_series(engine, self.name, series)
            figure = picture(engine, self.name, self.settings, list(series) or None)
        if figure is None:
            raise DataError(f"{self.name}: nothing is published to draw; a series that has ended has no forecast")
        return figure

    def _read_of(self, reader: Callable[..., pd.DataFrame], series: Sequence[str], *arguments: Any) -> pd.DataFrame:
        with self.project.database() as engine:
            readers.check_series(engine, self.name, series)
            return reader(engine, self.name, list(series) or None, *arguments)

    def _read(self, reader: Callable[..., pd.DataFrame], *arguments: Any) -> pd.DataFrame:
        with self.project.database() as engine:
            return reader(engine, self.name, *arguments)
