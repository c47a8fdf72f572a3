"""Decisions: who is champion, why, and the way back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, delete, insert, select, tuple_

from tsflow.errors import DataError
from tsflow.store import runs
from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import champion_aliases, decisions

Outcome = Literal["promoted", "renewed", "baseline", "rolled back"]


@dataclass(frozen=True, kw_only=True)
class Decision:
    """A row of `decisions`; ``model_id`` is the champion after it, ``previous_model_id`` the one before."""

    id: int
    run_id: int | None
    pipeline: str
    space: str
    decided_at: datetime
    slot: datetime
    outcome: Outcome
    model_id: int | None
    previous_model_id: int | None
    candidates: Any
    protocol: Any
    margin: float | None
    calibration: Any
    promise: Any
    reason: str


def record(
    engine: Engine,
    fence: Fence,
    run_id: int,
    *,
    now: datetime,
    outcome: Outcome,
    model_id: int | None,
    reason: str,
    candidates: Any = None,
    protocol: Any = None,
    margin: float | None = None,
    calibration: Any = None,
    promise: Any = None,
) -> Decision:
    """Decide: write the decision, move the alias and end the retrain, in one transaction.

    A run decides once: called again, it returns the decision that there is. Without a model the alias goes. A
    decision for a slot older than that of the one in force leaves the alias where it is: a backfill moves nothing back.

    Raises:
        LeaseLost: If another run took over.
    """
    with fenced(engine, fence) as connection:
        made = connection.execute(select(decisions).where(decisions.c.run_id == run_id)).one_or_none()
        if made is not None:
            return _decision(made)
        decision = _insert(
            connection,
            fence,
            run_id=run_id,
            decided_at=now,
            slot=runs.fetch(connection, run_id).slot,
            outcome=outcome,
            model_id=model_id,
            candidates=candidates,
            protocol=protocol,
            margin=margin,
            calibration=calibration,
            promise=promise,
            reason=reason,
        )
        runs.set_values(connection, run_id, status="succeeded", finished_at=now)
    return decision


def rollback(engine: Engine, fence: Fence, *, now: datetime, reason: str) -> Decision:
    """Give the alias back to the champion before the present one, with that one's calibration and promise.

    Rolling back again goes further back, not forth and back. The champion's age still counts from the slot of the
    decision that was in force.

    Raises:
        DataError: If there was no champion before.
        LeaseLost: If another run took over.
    """
    with fenced(engine, fence) as connection:
        in_force = connection.execute(_of_pipeline(fence.pipeline, fence.space).limit(1)).one_or_none()
        rise = _rise(connection, fence)
        if in_force is None or rise is None or rise.previous_model_id is None:
            raise DataError(
                f"pipeline {fence.pipeline!r} ({fence.space}) has no earlier champion to go back to; "
                "`tsflow decisions` lists what was decided"
            )
        behind = _of_pipeline(fence.pipeline, fence.space).where(decisions.c.model_id == rise.previous_model_id)
        before = tuple_(decisions.c.slot, decisions.c.id) < tuple_(rise.slot, rise.id)
        calibrated = connection.execute(behind.where(before).limit(1)).one_or_none()
        return _insert(
            connection,
            fence,
            decided_at=now,
            slot=in_force.slot,
            outcome="rolled back",
            model_id=rise.previous_model_id,
            calibration=None if calibrated is None else calibrated.calibration,
            promise=None if calibrated is None else calibrated.promise,
            reason=reason,
        )


def current(engine: Engine, pipeline: str, space: str, until: datetime | None = None) -> Decision | None:
    """The decision in force: the champion's age counts from its slot, and its calibration applies.

    With ``until``, the one that was in force at that slot: later decisions do not count.
    """
    with reading(engine) as connection:
        row = connection.execute(_of_pipeline(pipeline, space, until).limit(1)).one_or_none()
    return None if row is None else _decision(row)


def history(
    engine: Engine, pipeline: str, space: str, until: datetime | None = None, decided_by: datetime | None = None
) -> list[Decision]:
    """All decisions, up to a slot and a moment if they are given, that of the newest slot first."""
    wanted = _of_pipeline(pipeline, space, until)
    if decided_by is not None:
        wanted = wanted.where(decisions.c.decided_at <= decided_by)
    with reading(engine) as connection:
        return [_decision(row) for row in connection.execute(wanted)]


def of_run(engine: Engine, run_id: int) -> Decision | None:
    """The decision of a retrain, if it has come to one."""
    with reading(engine) as connection:
        row = connection.execute(select(decisions).where(decisions.c.run_id == run_id)).one_or_none()
    return None if row is None else _decision(row)


def _insert(connection: Connection, fence: Fence, *, slot: datetime, **values: Any) -> Decision:
    """Write a decision and move the alias to its model, unless one for a newer slot has moved it already."""
    alias = {"pipeline": fence.pipeline, "space": fence.space}
    before = connection.execute(_of_pipeline(fence.pipeline, fence.space, slot).limit(1)).one_or_none()
    newest = connection.execute(_of_pipeline(fence.pipeline, fence.space).limit(1)).one_or_none()
    previous = None if before is None else before.model_id
    row = insert(decisions).values(slot=slot, previous_model_id=previous, **alias, **values).returning(decisions)
    decision = _decision(connection.execute(row).one())
    if newest is not None and newest.slot > slot:
        return decision
    connection.execute(delete(champion_aliases).filter_by(**alias))
    if decision.model_id is not None:
        moved = {"model_id": decision.model_id, "decision_id": decision.id}
        connection.execute(insert(champion_aliases).values(**alias, **moved))
    return decision


def _rise(connection: Connection, fence: Fence) -> Row[Any] | None:
    """The decision that made the present champion one: not one that kept it or gave it back."""
    alias = {"pipeline": fence.pipeline, "space": fence.space}
    present = connection.scalar(select(champion_aliases.c.model_id).filter_by(**alias))
    rises = _of_pipeline(fence.pipeline, fence.space).where(
        decisions.c.model_id == present,
        decisions.c.previous_model_id.is_distinct_from(present),
        decisions.c.outcome != "rolled back",
    )
    return connection.execute(rises.limit(1)).one_or_none()


def _of_pipeline(pipeline: str, space: str, until: datetime | None = None) -> Any:
    wanted = select(decisions).filter_by(pipeline=pipeline, space=space)
    if until is not None:
        wanted = wanted.where(decisions.c.slot <= until)
    return wanted.order_by(decisions.c.slot.desc(), decisions.c.id.desc())


def _decision(row: Row[Any]) -> Decision:
    return Decision(**{name: getattr(row, name) for name in Decision.__dataclass_fields__})
