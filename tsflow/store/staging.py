"""Staging: an ingest's rows wait in temporary tables, outside every lock, for one short transaction."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from types import TracebackType
from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Row, func, insert, select

from tsflow.errors import DataError
from tsflow.frequency import Frequency
from tsflow.store import bulk, leases, partitions, temporary
from tsflow.store.engine import translated
from tsflow.store.leases import Fence
from tsflow.store.merge import MergeCounts, merge, settle
from tsflow.store.schema import observations, series
from tsflow.store.spans import Spans

_LEAST_HISTORY = 200
"""Observations that a series comes to have at least: a young one says little of how wide a partition may be."""


class Staging:
    """The rows of one ingest, from the source's first chunk to the merge; only for the holder of the lease.

    The tables are temporary: whatever ends the run also ends them, and an ingest that is not merged leaves
    nothing. What is staged is compared with what is stored before the merge's transaction begins. That holds
    until the merge, because every other writer of the pipeline would have to take the lease first.

        with Staging(engine, fence, frequency) as staging:
            for chunk in chunks:
                staging.add(chunk)
            conflicts = staging.take_conflicts()
            with staging.fenced() as connection:
                counts = staging.merge(run_id, recorded_at)
                runs.set_values(connection, run_id, report=...)
    """

    def __init__(self, engine: Engine, fence: Fence, frequency: Frequency) -> None:
        self._engine = engine
        self._fence = fence
        self._frequency = frequency
        self._codes: dict[str, int] = {}
        self._next_code = temporary.FIRST_NEW
        self._spans = Spans()
        self._rows = 0

    def __enter__(self) -> Self:
        with translated(self._engine):
            self._connection = self._engine.connect()
        try:
            with self._transaction() as connection:
                temporary.create(connection)
                known = select(series.c.unique_id, series.c.id).filter_by(pipeline=self._fence.pipeline)
                self._codes.update(connection.execute(known).tuples().all())
        except BaseException:
            self._connection.close()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.invalidate()  # not back to the pool: really closed, which drops the tables
        self._connection.close()

    def add(self, chunk: pd.DataFrame) -> None:
        """Stage clean rows, in any order; a row that is already staged changes nothing.

        Args:
            chunk: Columns unique_id (text), ds and available_at (``datetime64``, UTC, no NaT), y (finite).

        Raises:
            StoreError: One of its kinds, where the database refuses.
        """
        ds = chunk["ds"].to_numpy().astype("M8[us]")
        available_at = chunk["available_at"].to_numpy().astype("M8[us]")
        y = chunk["y"].to_numpy(dtype=np.float64)
        with self._transaction() as connection:
            codes = self._coded(connection, chunk["unique_id"])
            order = np.lexsort((ds, codes))  # a merge in the order of the key is 1.5 times as fast on SQLite
            codes, ds = codes[order], ds[order]
            columns = {"code": codes, "ds": ds, "y": y[order], "available_at": available_at[order]}
            bulk.insert(connection, temporary.STAGED, len(order), columns)
        self._spans.add(codes, ds)
        self._rows += len(chunk)

    def take_conflicts(self) -> pd.DataFrame:
        """Remove every staged row whose (series, ds) has more than one value, and return them.

        Returns:
            Columns unique_id, ds, y, available_at, ordered by them: at least two rows for each (series, ds).
        """
        found: Sequence[Row[Any]] = ()
        if self._spans.overlap:
            with self._transaction() as connection:
                found, removed = temporary.make_distinct(connection)
            self._rows -= removed
            self._spans.overlap = False
        return self._frame(found)

    @contextmanager
    def fenced(self) -> Iterator[Connection]:
        """The write transaction of the merge; what else is written through its connection commits with it.

        Raises:
            LeaseLost: If another run took over; nothing is written.
            DataError: If there are conflicts that were not taken.
        """
        if len(self.take_conflicts()):
            raise DataError("rows in conflict are staged: call take_conflicts() before fenced()")
        with self._transaction() as connection:
            self._keys = settle(connection)
        self._make_room()
        with self._transaction("BEGIN IMMEDIATE") as connection:
            leases.check(connection, self._fence)
            yield connection

    def merge(self, run_id: int, recorded_at: datetime) -> MergeCounts:
        """Merge what is staged, inside `fenced`: see `merge.merge`."""
        return merge(
            self._connection,
            pipeline=self._fence.pipeline,
            frequency=str(self._frequency),
            run_id=run_id,
            recorded_at=recorded_at,
            keys=self._keys,
        )

    def _make_room(self) -> None:
        """Partitions for the series that the merge is to create."""
        new = self._next_code - temporary.FIRST_NEW
        if new:
            with self._transaction() as connection:
                newest = connection.scalar(select(func.max(series.c.id))) or 0
            rows = max(_LEAST_HISTORY, (self._rows - self._keys) / new)
            partitions.make_room(self._engine, observations, newest + new + partitions.AHEAD, rows)

    @contextmanager
    def _transaction(self, begin: str = "BEGIN") -> Iterator[Connection]:
        with translated(self._engine):
            self._connection.execution_options(tsflow_begin=begin)
            with self._connection.begin():
                yield self._connection

    def _coded(self, connection: Connection, unique_ids: pd.Series) -> NDArray[np.int64]:
        """The series id of each row, or from `FIRST_NEW` on a number for a series that is to be created."""
        places, names = pd.factorize(unique_ids.to_numpy(dtype=object))
        fresh = [name for name in names if name not in self._codes]
        if fresh:
            self._codes.update(zip(fresh, range(self._next_code, self._next_code + len(fresh)), strict=True))
            self._next_code += len(fresh)
            rows = [{"code": self._codes[name], "unique_id": name} for name in fresh]
            connection.execute(insert(temporary.NEW_SERIES), rows)
        return np.array([self._codes[name] for name in names], dtype=np.int64)[places]

    def _frame(self, rows: Sequence[Row[Any]]) -> pd.DataFrame:
        columns = ["unique_id", "ds", "y", "available_at"]
        frame = pd.DataFrame(rows, columns=columns)
        names = {code: name for name, code in self._codes.items()} if len(frame) else {}
        frame["unique_id"] = frame["unique_id"].map(names).astype(object)
        for column in ("ds", "available_at"):
            frame[column] = pd.to_datetime(frame[column], utc=True).dt.tz_localize(None).astype("M8[us]")
        return frame.sort_values(columns, ignore_index=True)
