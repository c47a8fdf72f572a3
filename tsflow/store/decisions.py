"""Decisions: who is champion, why, and the way back."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, delete, insert, select

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
    slot: datetime | None
    outcome: Outcome
    model_id: int | None
    previous_model_id: int | None
    candidates: Any
    protocol: Any
    margin: float | None
    calibration: Any
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
    report: Any = None,
) -> Decision:
    """Decide: write the decision, move the alias and end the retrain, in one transaction.

    A run decides once: called again, it returns the decision that there is. Without a model the alias goes.

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
            reason=reason,
        )
        runs.set_values(connection, run_id, status="succeeded", finished_at=now, report=report)
    return decision


def rollback(engine: Engine, fence: Fence, *, now: datetime, slot: datetime | None, reason: str) -> Decision:
    """Give the alias back to the champion before the present one, with that one's calibration.

    Rolling back again goes further back, not forth and back.

    Raises:
        DataError: If there was no champion before.
        LeaseLost: If another run took over.
    """
    with fenced(engine, fence) as connection:
        rise = _rise(connection, fence)
        if rise is None or rise.previous_model_id is None:
            raise DataError(
                f"pipeline {fence.pipeline!r} ({fence.space}) has no earlier champion to go back to; "
                "`tsflow decisions` lists what was decided"
            )
        behind = _of_pipeline(fence.pipeline, fence.space).where(decisions.c.model_id == rise.previous_model_id)
        calibrated = connection.execute(behind.where(decisions.c.id < rise.id).limit(1)).one_or_none()
        return _insert(
            connection,
            fence,
            decided_at=now,
            slot=slot,
            outcome="rolled back",
            model_id=rise.previous_model_id,
            calibration=None if calibrated is None else calibrated.calibration,
            reason=reason,
        )


def current(engine: Engine, pipeline: str, space: str) -> Decision | None:
    """The last decision: the champion's age counts from its slot, and its calibration is in force."""
    with reading(engine) as connection:
        row = connection.execute(_of_pipeline(pipeline, space).limit(1)).one_or_none()
    return None if row is None else _decision(row)


def history(engine: Engine, pipeline: str, space: str) -> list[Decision]:
    """All decisions, the last one first."""
    with reading(engine) as connection:
        return [_decision(row) for row in connection.execute(_of_pipeline(pipeline, space))]


def of_run(engine: Engine, run_id: int) -> Decision | None:
    """The decision of a retrain, if it has come to one."""
    with reading(engine) as connection:
        row = connection.execute(select(decisions).where(decisions.c.run_id == run_id)).one_or_none()
    return None if row is None else _decision(row)


def _insert(connection: Connection, fence: Fence, **values: Any) -> Decision:
    """Write a decision and move the alias to its model."""
    alias = {"pipeline": fence.pipeline, "space": fence.space}
    previous = connection.scalar(select(champion_aliases.c.model_id).filter_by(**alias))
    row = insert(decisions).values(previous_model_id=previous, **alias, **values).returning(decisions)
    decision = _decision(connection.execute(row).one())
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


def _of_pipeline(pipeline: str, space: str) -> Any:
    return select(decisions).filter_by(pipeline=pipeline, space=space).order_by(decisions.c.id.desc())


def _decision(row: Row[Any]) -> Decision:
    return Decision(**{name: getattr(row, name) for name in Decision.__dataclass_fields__})
