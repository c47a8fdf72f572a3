"""What a pipeline's retention lets go of; nothing is changed here."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Table, exists, false, func, select

from tsflow.config import Retention
from tsflow.store.engine import reading
from tsflow.store.leases import LIVE
from tsflow.store.prune.limits import beyond, earliest, parts
from tsflow.store.prune.spaces import old_spaces
from tsflow.store.schema import (
    champion_aliases,
    decisions,
    forecast_heads,
    forecast_origins,
    forecasts,
    metadata,
    models,
    observation_revisions,
    observations,
    quarantine,
    runs,
    scores,
    series,
)

_BULK = (forecasts, observations, observation_revisions, scores)
"""Tables whose `run_id` is no reason to keep a run: other rows stand for it, or only its number is of use."""

_ROLLBACKS = 2
"""Champions before the present one whose weights stay, so that `tsflow rollback` has something to go back to."""


@dataclass(frozen=True)
class Prunable:
    """What may go of one pipeline."""

    pipeline: str
    forecasts: tuple[int, ...]
    """Published forecast runs."""
    retrains: tuple[int, ...]
    """Runs whose weights and scores may go, in part or whole."""
    models: tuple[int, ...]
    """Of these, the models whose weights nothing needs."""
    runs: tuple[int, ...]
    spaces: tuple[str, ...]
    """Replays and backtests, whole."""
    revisions_before: datetime | None
    quarantine_before: datetime | None
    revisions: int
    quarantine: int


def find(engine: Engine, pipeline: str, retention: Retention, *, now: datetime) -> Prunable:
    """What a retention lets go of, in one snapshot; nothing is changed."""
    with reading(engine) as connection:
        gone = _forecast_runs(connection, pipeline, retention, now)
        retrains = _retrains(connection, pipeline, retention, now)
        spaces = old_spaces(connection, pipeline, retention.forecasts, now)
        before = _revisions_before(connection, pipeline, earliest(retention.revisions.days, now), gone, spaces)
        seen_before = earliest(retention.quarantine.days, now)
        return Prunable(
            pipeline=pipeline,
            forecasts=gone,
            retrains=retrains,
            models=_unneeded_models(connection, retrains, gone),
            runs=_empty_runs(connection, pipeline, earliest(retention.runs.days, now)),
            spaces=spaces,
            revisions_before=before,
            quarantine_before=seen_before,
            revisions=_count(connection, observation_revisions, replaced(pipeline, before)),
            quarantine=_count(connection, quarantine, refused(pipeline, seen_before)),
        )


def replaced(pipeline: str, before: datetime | None) -> ColumnElement[bool]:
    """Values of a pipeline that were replaced before a moment; none without one."""
    mine = observation_revisions.c.series_id.in_(select(series.c.id).where(series.c.pipeline == pipeline))
    return mine & (observation_revisions.c.replaced_at < before) if before is not None else false()


def refused(pipeline: str, before: datetime | None) -> ColumnElement[bool]:
    """Rows of a pipeline that were last refused before a moment; none without one."""
    return (quarantine.c.pipeline == pipeline) & (quarantine.c.last_seen < before) if before is not None else false()


def _forecast_runs(connection: Connection, pipeline: str, retention: Retention, now: datetime) -> tuple[int, ...]:
    """Published live runs beyond the limits, none of which is current for a series."""
    wanted = select(runs.c.id, runs.c.slot).filter_by(pipeline=pipeline, kind="forecast", space=LIVE)
    newest_first = wanted.where(runs.c.published_at.is_not(None)).order_by(runs.c.slot.desc(), runs.c.redo.desc())
    found = connection.execute(newest_first).tuples().all()
    old = beyond(found, retention.forecasts, now)
    current = set(connection.scalars(select(forecast_heads.c.run_id).distinct()))
    left = _with_rows(connection, forecasts, old) | _with_rows(connection, forecast_origins, old)
    return tuple(run_id for run_id in old if run_id not in current and run_id in left)


def _retrains(connection: Connection, pipeline: str, retention: Retention, now: datetime) -> tuple[int, ...]:
    wanted = select(runs.c.id, runs.c.slot).filter_by(pipeline=pipeline, kind="retrain", space=LIVE)
    found = connection.execute(wanted.where(runs.c.status != "running").order_by(runs.c.slot.desc())).tuples().all()
    return beyond(found, retention.models, now)


def _with_rows(connection: Connection, table: Table, run_ids: tuple[int, ...]) -> set[int]:
    """The runs of which a table holds something: a look into its key for each."""
    there = select(runs.c.id).where(exists().where(table.c.run_id == runs.c.id))
    return {run_id for part in parts(run_ids) for run_id in connection.scalars(there.where(runs.c.id.in_(part)))}


def _unneeded_models(connection: Connection, retrains: tuple[int, ...], gone: tuple[int, ...]) -> tuple[int, ...]:
    """Models of retrains whose weights neither a champion nor a kept forecast needs, nor an ensemble of these."""
    needed = set(connection.scalars(select(champion_aliases.c.model_id)))
    for pipeline, space in connection.execute(select(champion_aliases.c.pipeline, champion_aliases.c.space)).tuples():
        made = (
            select(decisions.c.model_id)
            .filter_by(pipeline=pipeline, space=space)
            .order_by(decisions.c.slot.desc(), decisions.c.id.desc())
        )
        champions = dict.fromkeys(connection.scalars(made.where(decisions.c.model_id.is_not(None))))
        needed |= set(list(champions)[: 1 + _ROLLBACKS])
    used = select(forecast_origins.c.model_id, forecast_origins.c.run_id).distinct()
    needed |= {model for model, run in connection.execute(used).tuples() if model is not None and run not in set(gone)}
    rows = connection.execute(select(models.c.id, models.c.run_id, models.c.members, models.c.artifact_url)).all()
    members = {row.id: row.members or [] for row in rows}
    waiting = list(needed)
    while waiting:
        for member in members.get(waiting.pop(), []):
            if member not in needed:
                needed.add(member)
                waiting.append(member)
    old = set(retrains)
    return tuple(row.id for row in rows if row.run_id in old and row.artifact_url and row.id not in needed)


def _empty_runs(connection: Connection, pipeline: str, before: datetime | None) -> tuple[int, ...]:
    """Old runs that nothing refers to."""
    if before is None:
        return ()
    wanted = select(runs.c.id).where(runs.c.pipeline == pipeline, runs.c.space == LIVE, runs.c.slot < before)
    wanted = wanted.where(runs.c.status != "running")
    for table in metadata.sorted_tables:
        if "run_id" in table.c and table not in _BULK:
            wanted = wanted.where(runs.c.id.not_in(select(table.c.run_id).where(table.c.run_id.is_not(None))))
    newest = select(func.max(runs.c.slot)).filter_by(pipeline=pipeline, space=LIVE).group_by(runs.c.kind)
    return tuple(connection.scalars(wanted.where(runs.c.slot.not_in(newest))))


def _revisions_before(
    connection: Connection, pipeline: str, before: datetime | None, gone: tuple[int, ...], spaces: tuple[str, ...]
) -> datetime | None:
    """The moment before which replaced values may go: no kept forecast has seen them."""
    if before is None:
        return None
    kept = (
        select(runs.c.data_as_of)
        .filter_by(pipeline=pipeline, kind="forecast")
        .where(runs.c.published_at.is_not(None), runs.c.id.in_(select(forecast_origins.c.run_id)))
        .where(runs.c.id.not_in(gone), runs.c.space.not_in(spaces))
    )
    seen: list[datetime] = [moment for moment in connection.scalars(kept) if moment is not None]
    return min([before, *seen])


def _count(connection: Connection, table: Any, condition: ColumnElement[bool]) -> int:
    return int(connection.scalar(select(func.count()).select_from(table).where(condition)) or 0)
