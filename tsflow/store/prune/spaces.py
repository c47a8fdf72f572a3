"""Replays and backtests: each is kept or goes as a whole, since none could go on from a part of itself."""

from datetime import datetime

from sqlalchemy import Connection, Engine, Select, delete, func, select, update

from tsflow.config import Limits
from tsflow.store.engine import reading
from tsflow.store.leases import LIVE, Fence, fenced
from tsflow.store.prune.limits import beyond, parts
from tsflow.store.schema import (
    backtest_forecasts,
    champion_aliases,
    decisions,
    drift_checks,
    forecast_origins,
    forecast_scores,
    forecasts,
    models,
    runs,
    scores,
)

_OF_A_RUN = (forecasts, forecast_scores, drift_checks, scores)


def old_spaces(connection: Connection, pipeline: str, limits: Limits, now: datetime) -> tuple[str, ...]:
    """Spaces that exceed the age or the number; a space is as old as the work that was last done in it."""
    worked_at = func.max(func.coalesce(runs.c.finished_at, runs.c.started_at))
    wanted = select(runs.c.space, worked_at).filter_by(pipeline=pipeline).where(runs.c.space != LIVE)
    newest_first = wanted.group_by(runs.c.space).order_by(worked_at.desc())
    return beyond(connection.execute(newest_first).tuples().all(), limits, now)


def close_space(engine: Engine, fence: Fence, limits: Limits, now: datetime) -> bool:
    """Take back at one go all that a space's runs have done: nobody sees it, and begun again, it begins anew.

    Returns:
        Whether it was: one that was worked on since it was found is left as it is.

    Raises:
        LeaseLost: If another run took over.
    """
    mine = {"pipeline": fence.pipeline, "space": fence.space}
    with fenced(engine, fence) as connection:
        if fence.space not in old_spaces(connection, fence.pipeline, limits, now):
            return False
        undone = {"status": "failed", "published_at": None, "error": "let go of by `tsflow prune`"}
        connection.execute(update(runs).filter_by(**mine).values(**undone))
        connection.execute(delete(champion_aliases).filter_by(**mine))
        connection.execute(delete(decisions).filter_by(**mine))
    for ids in parts(_ids(engine, _runs(fence))):
        with fenced(engine, fence) as connection:
            connection.execute(delete(forecast_origins).where(forecast_origins.c.run_id.in_(ids)))
    return True


def models_of_space(engine: Engine, fence: Fence) -> tuple[int, ...]:
    """The models that were trained in a space."""
    return _ids(engine, select(models.c.id).where(models.c.run_id.in_(_runs(fence))))


def delete_space(engine: Engine, fence: Fence) -> None:
    """Delete the rows of a space that was closed, its runs last: killed, it is found again.

    Its lease stays, for its token must not begin again while a run that lost it may be alive.

    Raises:
        LeaseLost: If another run took over.
    """
    for model_id in models_of_space(engine, fence):
        with fenced(engine, fence) as connection:
            connection.execute(delete(backtest_forecasts).where(backtest_forecasts.c.model_id == model_id))
    for run_id in _ids(engine, _runs(fence)):
        with fenced(engine, fence) as connection:
            for table in _OF_A_RUN:
                connection.execute(delete(table).where(table.c.run_id == run_id))
            connection.execute(delete(models).where(models.c.run_id == run_id))
            connection.execute(delete(runs).where(runs.c.id == run_id))


def _runs(fence: Fence) -> Select[tuple[int]]:
    return select(runs.c.id).filter_by(pipeline=fence.pipeline, space=fence.space)


def _ids(engine: Engine, wanted: Select[tuple[int]]) -> tuple[int, ...]:
    with reading(engine) as connection:
        return tuple(connection.scalars(wanted))
