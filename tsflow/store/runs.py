"""Runs: one row for each (pipeline, kind, slot, space); a retry reuses it, what is done is not done again."""

import uuid
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, delete, func, insert, select, update

from tsflow.errors import ConfigError, StoreError
from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import forecast_origins, forecasts, runs

Kind = Literal["ingest", "retrain", "forecast"]
Status = Literal["running", "succeeded", "failed", "skipped"]


@dataclass(frozen=True)
class Lineage:
    """What a run comes from; its columns in `runs`."""

    data_as_of: datetime | None = None
    known_at: datetime | None = None
    config_digest: str | None = None
    data_digest: str | None = None
    code_version: str | None = None
    device: str | None = None
    prefect_run_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class Run(Lineage):
    """One run. ``done``: it had succeeded before `begin` was called, so there is nothing left to do."""

    id: int
    uuid: str
    pipeline: str
    kind: Kind
    slot: datetime
    space: str
    status: Status
    attempt: int
    redo: int
    started_at: datetime
    finished_at: datetime | None
    published_at: datetime | None
    report: Any
    error: str | None
    done: bool = False


def begin(
    engine: Engine,
    fence: Fence,
    kind: Kind,
    slot: datetime,
    *,
    now: datetime,
    force: bool = False,
    lineage: Lineage = Lineage(),
) -> Run:
    """Start the run of a slot, or start it again: same row, one attempt more, its unseen forecasts cleared.

    A run that has succeeded is returned with ``done=True`` and left as it is; with ``force`` the slot is done
    again by a run of its own, so that what was decided and published before stays as it was. So is a retrain that
    did not end and whose data or settings have changed: its candidates could not be compared with new ones.

    Raises:
        LeaseLost: If another run took over.
    """
    slot_key = {"pipeline": fence.pipeline, "kind": kind, "slot": slot, "space": fence.space}
    start: dict[str, Any] = {"status": "running", "started_at": now, "finished_at": None, "error": None, "report": None}
    start |= asdict(lineage)
    with fenced(engine, fence) as connection:
        row = connection.execute(_last_of(slot_key)).one_or_none()
        if row is not None and row.status == "succeeded" and not force:
            return _run(row, done=True)
        digests = lineage.config_digest, lineage.data_digest
        other = row is not None and kind == "retrain" and (row.config_digest, row.data_digest) != digests
        if row is not None and row.status != "succeeded" and other:
            reason = "data or settings changed before it ended; the slot was begun anew"
            set_values(connection, row.id, status="failed", finished_at=now, error=reason)
        if row is None or row.status == "succeeded" or other:
            redo = 0 if row is None else row.redo + 1
            new = insert(runs).values(uuid=str(uuid.uuid4()), redo=redo, **slot_key, **start).returning(runs)
            return _run(connection.execute(new).one())
        return _again(connection, row, start)


def _again(connection: Connection, row: "Row[Any]", start: dict[str, Any]) -> Run:
    """Start a run again that did not end: readers never saw what it left."""
    for table in (forecasts, forecast_origins):
        connection.execute(delete(table).where(table.c.run_id == row.id))
    if row.kind == "retrain":  # of the same data and settings: the recipes that were chosen are good
        start = {name: value for name, value in start.items() if name != "report"}
    set_values(connection, row.id, attempt=row.attempt + 1, **start)
    return fetch(connection, row.id)


def succeed(engine: Engine, fence: Fence, run_id: int, *, now: datetime, report: Any = None) -> Run:
    """Mark a run succeeded, with what it found."""
    return _finish(engine, fence, run_id, status="succeeded", finished_at=now, report=report)


def fail(engine: Engine, fence: Fence, run_id: int, *, now: datetime, error: str, report: Any = None) -> Run:
    """Mark a run failed, with the reason; the next `begin` of its slot tries again. Success is final."""
    return _finish(engine, fence, run_id, status="failed", finished_at=now, error=error, report=report)


def skip_slot(
    engine: Engine, fence: Fence, slot: datetime, *, now: datetime, reason: str, prefect_run_id: str | None = None
) -> int:
    """Record a slot as skipped, and so whatever of it had begun and not succeeded; returns its forecast run's id."""
    slot_key = {"pipeline": fence.pipeline, "slot": slot, "space": fence.space}
    skipped = {"status": "skipped", "finished_at": now, "error": reason}
    with fenced(engine, fence) as connection:
        open_ = update(runs).filter_by(**slot_key).where(runs.c.status.in_(["running", "failed"]))
        connection.execute(open_.values(**skipped))
        row = connection.execute(_last_of({**slot_key, "kind": "forecast"})).one_or_none()
        if row is None:
            start = {"uuid": str(uuid.uuid4()), "kind": "forecast", "started_at": now, "prefect_run_id": prefect_run_id}
            row = connection.execute(insert(runs).values(**slot_key, **start, **skipped).returning(runs)).one()
    return int(row.id)


def close_dead(engine: Engine, fence: Fence, slot: datetime, *, now: datetime) -> None:
    """Mark the runs of older slots failed that were killed: whoever holds the lease knows that nobody works on them."""
    older = {"pipeline": fence.pipeline, "space": fence.space, "status": "running"}
    reason = f"killed before it ended; the slot of {slot:%Y-%m-%d %H:%M} was begun after it"
    with fenced(engine, fence) as connection:
        dead = update(runs).filter_by(**older).where(runs.c.slot < slot)
        connection.execute(dead.values(status="failed", finished_at=now, error=reason))


def set_values(connection: Connection, run_id: int, **values: Any) -> None:
    """Set columns of a run in a fenced transaction of the caller's, together with what it wrote.

    Raises:
        StoreError: If there is no such run.
    """
    if connection.execute(update(runs).where(runs.c.id == run_id).values(**values)).rowcount != 1:
        raise StoreError(f"there is no run {run_id}")


def get(engine: Engine, run_id: int) -> Run:
    """One run by its number.

    Raises:
        ConfigError: If there is none.
    """
    with reading(engine) as connection:
        row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise ConfigError(f"there is no run {run_id}; `tsflow forecasts --format csv` shows the runs by run_id")
    return _run(row)


def fetch(connection: Connection, run_id: int) -> Run:
    """One run by its number, in a transaction of the caller's.

    Raises:
        StoreError: If there is none.
    """
    row = connection.execute(select(runs).where(runs.c.id == run_id)).one_or_none()
    if row is None:
        raise StoreError(f"there is no run {run_id}")
    return _run(row)


def recorded_until(engine: Engine, pipeline: str) -> datetime | None:
    """The moment under which the last ingest was recorded; none before the first."""
    newest = select(func.max(runs.c.data_as_of)).where(runs.c.pipeline == pipeline, runs.c.kind == "ingest")
    with reading(engine) as connection:
        moment: datetime | None = connection.scalars(newest).one()
    return moment


def find(engine: Engine, pipeline: str, kind: Kind, slot: datetime, space: str) -> Run | None:
    """The run of a slot, if it was ever begun."""
    key = {"pipeline": pipeline, "kind": kind, "slot": slot, "space": space}
    with reading(engine) as connection:
        row = connection.execute(_last_of(key)).one_or_none()
    return None if row is None else _run(row)


def slot_of(engine: Engine, prefect_run_id: str) -> datetime | None:
    """The slot that a Prefect flow run worked on; none if it began nothing."""
    newest = select(runs.c.slot).filter_by(prefect_run_id=prefect_run_id).order_by(runs.c.id.desc()).limit(1)
    with reading(engine) as connection:
        return connection.scalars(newest).one_or_none()


def latest(engine: Engine, pipeline: str, kind: Kind, space: str, until: datetime | None = None) -> Run | None:
    """The succeeded run of the newest slot, up to one if it is given."""
    wanted = select(runs).filter_by(pipeline=pipeline, kind=kind, space=space, status="succeeded")
    if until is not None:
        wanted = wanted.where(runs.c.slot <= until)
    with reading(engine) as connection:
        row = connection.execute(wanted.order_by(runs.c.slot.desc(), runs.c.redo.desc()).limit(1)).one_or_none()
    return None if row is None else _run(row)


def _finish(engine: Engine, fence: Fence, run_id: int, **values: Any) -> Run:
    with fenced(engine, fence) as connection:
        if values["status"] == "succeeded" or fetch(connection, run_id).status == "running":
            set_values(connection, run_id, **values)
        return fetch(connection, run_id)


def _run(row: Row[Any], *, done: bool = False) -> Run:
    names = Run.__dataclass_fields__.keys() - {"done"}
    return Run(**{name: getattr(row, name) for name in names}, done=done)


def _last_of(slot_key: dict[str, Any]) -> Any:
    """The run of a slot that was begun last."""
    return select(runs).filter_by(**slot_key).order_by(runs.c.redo.desc()).limit(1)
