"""What the tests of observations share: a lease, an ingest in one call, and panels as plain dicts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from tsflow.frequency import Frequency
from tsflow.store import leases, runs
from tsflow.store.merge import MergeCounts
from tsflow.store.panels import read_panel
from tsflow.store.staging import Staging

DAILY = Frequency.parse("D")
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)
Rows = Iterable[tuple[str, str, float]]


def clean(rows: Rows, delay: str = "0D") -> pd.DataFrame:
    """Clean rows from (unique_id, ds, y), each available a delay after its stamp."""
    frame = pd.DataFrame(list(rows), columns=["unique_id", "ds", "y"]).astype({"unique_id": object, "y": float})
    frame["ds"] = np.array(frame["ds"].tolist(), dtype="M8[us]")
    return frame.assign(available_at=frame["ds"] + pd.Timedelta(delay))


@dataclass
class Pipeline:
    """One pipeline, whose lease is held."""

    engine: Engine
    name: str = "demo"
    frequency: Frequency = DAILY

    def __post_init__(self) -> None:
        self.fence = leases.acquire(self.engine, self.name, leases.LIVE, "test", 600)
        self.run_id = runs.begin(self.engine, self.fence, "ingest", NOW, now=NOW).id

    def staging(self) -> Staging:
        return Staging(self.engine, self.fence, self.frequency)

    def ingest(self, *chunks: pd.DataFrame, at: datetime = NOW) -> MergeCounts:
        with self.staging() as staging:
            for chunk in chunks:
                staging.add(chunk)
            assert staging.take_conflicts().empty
            with staging.fenced():
                return staging.merge(self.run_id, at)

    def values(
        self,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        series_ids: Sequence[int] | None = None,
    ) -> dict[tuple[str, str], float]:
        """What a panel read finds, by (unique_id, date)."""
        panel = read_panel(
            self.engine, self.name, self.frequency, as_of=as_of, known_at=known_at, series_ids=series_ids
        )
        frame = panel.to_frame()
        days = frame["ds"].to_numpy().astype("M8[D]").astype(str)
        return dict(zip(zip(frame["unique_id"], days, strict=True), frame["y"].tolist(), strict=True))


def days_after(days: float) -> datetime:
    """A moment some days after NOW."""
    return NOW + timedelta(days=days)
