"""A project and its pipelines, for a notebook: what the commands do, with frames instead of printed tables."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
from matplotlib.figure import Figure
from sqlalchemy import Engine

from tsflow import config, steps
from tsflow.errors import DataError
from tsflow.steps.picture import picture
from tsflow.store import migrate, readers
from tsflow.store.engine import connect


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
        engine = connect(self.settings.database.get_secret_value())
        try:
            migrate.check(engine)
            yield engine
        finally:
            engine.dispose()


@dataclass(frozen=True)
class Pipeline:
    """One pipeline of a project. Times in frames are naive UTC; arguments are aware datetimes."""

    project: Project
    name: str

    @property
    def settings(self) -> config.Pipeline:
        """Its settings."""
        return self.project.settings.pipeline(self.name)

    def run(
        self, *, now: datetime | None = None, force: bool = False, on_progress: steps.Progress | None = None
    ) -> int:
        """Do the present slot: ingest, retrain if due, forecast; returns the number of the forecast run.

        A slot that is done is left as it is.

        Args:
            now: The present moment, aware; the wall clock's if not given. A pipeline on the clock of its data
                takes its slot from them.
            force: Do the slot again.
            on_progress: Called with what is done, steps done and steps in all.

        Raises:
            TsflowError: One of its kinds, with the place, the cause and the remedy.
        """
        path, wall = str(self.project.path), now or steps.wall_clock()
        found = None if force else steps.look_up(path, self.name, wall=wall)
        if isinstance(found, steps.Done):
            return found.run_id
        holder = steps.this_process("tsflow in Python")
        with (
            steps.hold_slot(path, self.name, wall=wall, force=force, holder=holder) as ticket,
            steps.open_job(ticket) as job,
        ):
            return steps.run_slot(job, on_progress)

    def forecasts(self, *series: str, as_of: datetime | None = None) -> pd.DataFrame:
        """The current forecasts of the given series or of all, or those that a reader saw at a moment."""
        return self._read(readers.latest_forecasts, list(series) or None, as_of)

    def accuracy(self, *series: str) -> pd.DataFrame:
        """Every published forecast of the given series or of all that came true since, beside what did."""
        return self._read(readers.forecast_accuracy, list(series) or None)

    def leaderboard(self) -> pd.DataFrame:
        """The models of the last retrain, best first; a lower loss is better."""
        return self._read(readers.leaderboard)

    def decisions(self) -> pd.DataFrame:
        """Every decision, newest first, with its reason."""
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
            DataError: If nothing is published for them.
        """
        with self.project.database() as engine:
            figure = picture(engine, self.name, self.settings, list(series) or None)
        if figure is None:
            raise DataError(f"{self.name}: nothing is published to draw; `.series()` says which series there are")
        return figure

    def _read(self, reader: Callable[..., pd.DataFrame], *arguments: Any) -> pd.DataFrame:
        with self.project.database() as engine:
            return reader(engine, self.name, *arguments)
