"""Monitoring: how published forecasts turned out, and what was concluded from it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Row, bindparam, insert, select, text

from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced
from tsflow.store.schema import drift_checks, forecast_scores, runs
from tsflow.store.types import Timestamp

_SCORE = """
INSERT INTO forecast_scores (run_id, source, lead, steps, error, bias, coverage_80, coverage_95, scored_at)
SELECT o.run_id, o.source, f.lead, count(*), avg(abs(f.y_hat - a.y) / o.scale), avg((f.y_hat - a.y) / o.scale),
    avg(CASE WHEN a.y BETWEEN f.lo_80 AND f.hi_80 THEN 1.0 ELSE 0.0 END),
    avg(CASE WHEN a.y BETWEEN f.lo_95 AND f.hi_95 THEN 1.0 ELSE 0.0 END), :now
FROM forecast_origins o CROSS JOIN forecasts f CROSS JOIN observations a
WHERE o.run_id = :run_id AND f.run_id = :run_id AND f.series_id = o.series_id
    AND a.series_id = f.series_id AND a.ds = f.ds AND a.available_at <= :known_at
GROUP BY o.run_id, o.source, f.lead
ON CONFLICT (run_id, source, lead) DO UPDATE SET
    steps = excluded.steps, error = excluded.error, bias = excluded.bias,
    coverage_80 = excluded.coverage_80, coverage_95 = excluded.coverage_95, scored_at = excluded.scored_at
WHERE forecast_scores.steps <> excluded.steps OR forecast_scores.error <> excluded.error
"""


@dataclass(frozen=True, kw_only=True)
class Score:
    """A row of `forecast_scores` with what its run was."""

    run_id: int
    slot: datetime
    published_at: datetime
    source: str
    lead: int
    steps: int
    error: float | None
    bias: float | None
    coverage_80: float
    coverage_95: float


@dataclass(frozen=True, kw_only=True)
class DriftCheck:
    """A row of `drift_checks`."""

    run_id: int
    runs: int
    reference: int
    ratio: float | None
    growth: float | None
    p_value: float | None
    bias: float | None
    coverage_80: float | None
    coverage_95: float | None
    drifted: bool
    reason: str
    checked_at: datetime


def score(engine: Engine, fence: Fence, run_ids: Sequence[int], *, now: datetime, known_at: datetime) -> None:
    """Score the forecasts of some runs against what has come true; scored again, the newer values count.

    Args:
        engine: The database.
        fence: The right to write.
        run_ids: Published forecast runs.
        now: The moment of scoring.
        known_at: Only values that could be known by then.

    Raises:
        LeaseLost: If another run took over.
    """
    moments = (bindparam("now", type_=Timestamp()), bindparam("known_at", type_=Timestamp()))
    statement = text(_SCORE).bindparams(*moments)
    with fenced(engine, fence) as connection:
        for run_id in run_ids:
            connection.execute(statement, {"run_id": run_id, "now": now, "known_at": known_at})


def published(engine: Engine, fence: Fence, since: tuple[datetime, datetime] | None) -> list[int]:
    """The forecast runs of slots from a moment on, or published from another on; each slot's last one, by slot."""
    with reading(engine) as connection:
        return list(dict(_published(connection, fence, since)).values())


def scores(engine: Engine, fence: Fence, slots: int) -> list[Score]:
    """The scores of the last published slots, by slot and lead; a slot that was forced again counts once."""
    table = forecast_scores
    with reading(engine) as connection:
        last = list(dict(_published(connection, fence, None)).values())[-slots:]
        wanted = select(runs.c.slot, runs.c.published_at, table).join(runs, runs.c.id == table.c.run_id)
        wanted = wanted.where(table.c.run_id.in_(last))
        rows = connection.execute(wanted.order_by(runs.c.slot, table.c.lead)).all()
    return [Score(**{name: getattr(row, name) for name in Score.__dataclass_fields__}) for row in rows]


def record(engine: Engine, fence: Fence, check: DriftCheck) -> None:
    """Write down what was concluded after a forecast run.

    Raises:
        LeaseLost: If another run took over.
    """
    with fenced(engine, fence) as connection:
        connection.execute(insert(drift_checks).values(**asdict(check)))


def check_of(engine: Engine, run_id: int) -> DriftCheck | None:
    """What was concluded after a forecast run; none if nobody has looked yet."""
    with reading(engine) as connection:
        row = connection.execute(select(drift_checks).filter_by(run_id=run_id)).one_or_none()
    return None if row is None else _check(row)


def last_check(
    engine: Engine, fence: Fence, *, before: datetime | None = None, drifted: bool = False
) -> tuple[datetime, DriftCheck] | None:
    """The check of the newest slot (``before`` another), with the slot; or the newest of those that found drift."""
    mine = (runs.c.pipeline == fence.pipeline) & (runs.c.space == fence.space)
    wanted = select(runs.c.slot, drift_checks).join(runs, runs.c.id == drift_checks.c.run_id).where(mine)
    if before is not None:
        wanted = wanted.where(runs.c.slot < before)
    if drifted:
        wanted = wanted.where(drift_checks.c.drifted)
    with reading(engine) as connection:
        row = connection.execute(wanted.order_by(runs.c.slot.desc(), runs.c.redo.desc()).limit(1)).one_or_none()
    return None if row is None else (row.slot, _check(row))


def _check(row: Row[Any]) -> DriftCheck:
    return DriftCheck(**{name: getattr(row, name) for name in DriftCheck.__dataclass_fields__})


def _published(
    connection: Connection, fence: Fence, since: tuple[datetime, datetime] | None
) -> list[tuple[datetime, int]]:
    wanted = select(runs.c.slot, runs.c.id).filter_by(pipeline=fence.pipeline, kind="forecast", space=fence.space)
    wanted = wanted.where(runs.c.published_at.is_not(None))
    if since is not None:
        slot, published_at = since
        wanted = wanted.where((runs.c.slot >= slot) | (runs.c.published_at >= published_at))
    return list(connection.execute(wanted.order_by(runs.c.slot, runs.c.redo)).tuples())
