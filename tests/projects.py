"""A small project: two monthly series, networks that train in a second."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from sqlalchemy import Engine, text

from tsflow import steps
from tsflow.config import Pipeline, load_project
from tsflow.store.engine import connect
from tsflow.store.schema import metadata

WALL = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
PIPELINE = {
    "source": {"kind": "csv", "path": "data.csv", "columns": {"unique_id": "unique_id"}},
    "frequency": "MS",
    "horizon": 6,
    "clock": "data",
    "architectures": ["gru", "stage"],
    "training": {"min_steps": 20, "max_steps": 20},
}


@dataclass(frozen=True)
class Small:
    """A project's folder, with what tests do to it."""

    folder: Path
    database_url: str

    @property
    def config(self) -> str:
        return str(self.folder / "tsflow.yaml")

    @property
    def source(self) -> Path:
        return self.folder / "data.csv"

    def configure(self, **changes: Any) -> None:
        self.configure_project(pipelines={"small": {**PIPELINE, **changes}})

    def configure_project(self, **changes: Any) -> None:
        document = {"database": self.database_url, "artifacts": "artifacts", "device": "cpu"}
        document |= {"pipelines": {"small": PIPELINE}, **changes}
        Path(self.config).write_text(yaml.safe_dump(document))

    def write(self, frame: pd.DataFrame) -> None:
        frame.to_csv(self.source, index=False)

    def run(self, wall: datetime = WALL, **options: Any) -> int:
        with (
            steps.hold_slot(self.config, "small", wall=wall, holder="test", **options) as ticket,
            steps.open_job(ticket) as job,
        ):
            return steps.run_slot(job)

    @contextmanager
    def planned(self) -> Iterator[tuple[steps.Job, steps.Planned]]:
        """The present slot, held, with its data ingested and its retrain begun."""
        with (
            steps.hold_slot(self.config, "small", wall=WALL, holder="test") as ticket,
            steps.open_job(ticket) as job,
        ):
            steps.ingest(job)
            planned = steps.plan_retrain(job)
            assert isinstance(planned, steps.Planned)
            yield job, planned

    def pipeline(self) -> Pipeline:
        return load_project(self.config).pipeline("small")

    def engine(self) -> Engine:
        return connect(self.database_url)

    def rows(self, query: str) -> list[dict[str, Any]]:
        engine = self.engine()
        with engine.connect() as connection:
            found = [dict(row._mapping) for row in connection.execute(text(query))]
        engine.dispose()
        return found

    def execute(self, statement: str) -> None:
        engine = self.engine()
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    def everything(self) -> dict[str, list[tuple[Any, ...]]]:
        """Every row of every table."""
        engine = self.engine()
        with engine.connect() as connection:
            tables = {
                table.name: sorted(map(repr, connection.execute(table.select()).all()))
                for table in metadata.sorted_tables
            }
        engine.dispose()
        del tables["leases"]  # whose token counts the holders
        return tables


def seasonal(names: tuple[str, ...] = ("a", "b"), months: int = 72, start: str = "2018-01-01") -> pd.DataFrame:
    """Monthly series with a trend and a season, the same every time."""
    random = np.random.default_rng(7)
    ds = pd.date_range(start, periods=months, freq="MS")
    t = np.arange(months)
    return pd.concat(
        [
            pd.DataFrame(
                {
                    "unique_id": name,
                    "ds": ds.strftime("%Y-%m-%d"),
                    "y": (100 * (k + 1) + t + 20 * np.sin(2 * np.pi * t / 12) + random.normal(0, 2, months)).round(3),
                }
            )
            for k, name in enumerate(names)
        ],
        ignore_index=True,
    )
