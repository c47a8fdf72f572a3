"""Pruning: what a pipeline's retention lets go of, and letting it go."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, Table, delete, exists, false, func, select, update

from tsflow.config import Retention
from tsflow.store import partitions
from tsflow.store.engine import reading, writing
from tsflow.store.leases import LIVE, Fence, fenced
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

_IDS_A_STATEMENT = 500
_BULK = (forecasts, observations, observation_revisions, scores)
"""Tables whose `run_id` is no reason to keep a run: other rows stand for it, or only its number is of use."""

_NUMBERED = {forecasts: runs.c.id, observations: series.c.id}
"""Partitioned tables and what numbers their ranges."""

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
    revisions_before: datetime | None
    quarantine_before: datetime | None
    revisions: int
    quarantine: int


def find(engine: Engine, pipeline: str, retention: Retention, *, now: datetime) -> Prunable:
    """What a retention lets go of, in one snapshot; nothing is changed."""
    with reading(engine) as connection:
        gone = _forecast_runs(connection, pipeline, retention, now)
        retrains = _retrains(connection, pipeline, retention, now)
        before = _revisions_before(connection, pipeline, retention, now, gone)
        seen_before = _earliest(retention.quarantine.days, now)
        return Prunable(
            pipeline=pipeline,
            forecasts=gone,
            retrains=retrains,
            models=_unneeded_models(connection, retrains, gone),
            runs=_empty_runs(connection, pipeline, _earliest(retention.runs.days, now)),
            revisions_before=before,
            quarantine_before=seen_before,
            revisions=_count(connection, observation_revisions, _replaced(pipeline, before)),
            quarantine=_count(connection, quarantine, _refused(pipeline, seen_before)),
        )


def delete_references(engine: Engine, fence: Fence, prunable: Prunable) -> None:
    """Delete all but the rows of `forecasts`, which are not shown without their origins.

    Raises:
        LeaseLost: If another run took over.
    """
    for ids in _parts(prunable.forecasts):
        with fenced(engine, fence) as connection:
            connection.execute(delete(forecast_origins).where(forecast_origins.c.run_id.in_(ids)))
    for ids in _parts(prunable.models):
        with fenced(engine, fence) as connection:
            connection.execute(update(models).where(models.c.id.in_(ids)).values(artifact_url=None))
    for ids in _parts(prunable.retrains):
        with fenced(engine, fence) as connection:
            connection.execute(delete(scores).where(scores.c.run_id.in_(ids)))
    with fenced(engine, fence) as connection:
        refused = _refused(prunable.pipeline, prunable.quarantine_before)
        connection.execute(delete(quarantine).where(refused))
    with fenced(engine, fence) as connection:
        replaced = _replaced(prunable.pipeline, prunable.revisions_before)
        connection.execute(delete(observation_revisions).where(replaced))
    for ids in _parts(prunable.runs):
        with fenced(engine, fence) as connection:
            connection.execute(delete(runs).where(runs.c.id.in_(ids)))


def delete_rows(engine: Engine, fence: Fence, prunable: Prunable) -> None:
    """Delete the forecast rows whose origins are gone.

    Raises:
        LeaseLost: If another run took over.
    """
    for run_id in prunable.forecasts:
        with fenced(engine, fence) as connection:
            connection.execute(delete(forecasts).where(forecasts.c.run_id == run_id))


def drop_whole_ranges(engine: Engine) -> list[str]:
    """Drop the ranges of `forecasts` in which no run has an origin any more; returns their names.

    Only of runs that are over: one at work writes its rows before their origins.

    Raises:
        DatabaseUnavailable: If a reader's open transaction holds one; the next prune tries again.
    """
    dropped = []
    with reading(engine) as connection:
        known = partitions.ranges(connection, forecasts)
    for one in known:
        inside = (runs.c.id >= one.first) & (runs.c.id < one.end)
        at_work = select(runs.c.id).where(inside, runs.c.kind == "forecast", runs.c.published_at.is_(None))
        shown = select(forecast_origins.c.run_id).where(
            forecast_origins.c.run_id >= one.first, forecast_origins.c.run_id < one.end
        )
        with writing(engine) as connection:
            newest = connection.scalar(select(func.max(runs.c.id))) or 0
            busy = connection.execute(at_work.where(runs.c.status == "running").limit(1)).first()
            if newest < one.end or busy or connection.execute(shown.limit(1)).first():
                continue
            partitions.drop(connection, forecasts, one)
            dropped.append(one.name)
    return dropped


def make_ranges(engine: Engine) -> None:
    """Make the ranges that a worker without the right to make tables could not, and move there what waits."""
    with reading(engine) as connection:
        newest = {table: connection.scalar(select(func.max(key))) or 0 for table, key in _NUMBERED.items()}
    for table, last in newest.items():
        partitions.make_room(engine, table, last + partitions.AHEAD)


def artifacts(engine: Engine, prunable: Prunable) -> list[str]:
    """Where the weights are that nothing needs; a file that a kept model shares is none of them."""
    with reading(engine) as connection:
        mine = set(_scalars(connection, models.c.artifact_url, models.c.id, prunable.models))
        wanted = select(models.c.artifact_url).where(models.c.artifact_url.is_not(None))
        kept = set(connection.scalars(wanted.where(models.c.id.not_in(prunable.models))))
    return sorted(url for url in mine - kept if url)


def _forecast_runs(connection: Connection, pipeline: str, retention: Retention, now: datetime) -> tuple[int, ...]:
    """Published live runs beyond the limits, none of which is current for a series."""
    wanted = select(runs.c.id, runs.c.slot).filter_by(pipeline=pipeline, kind="forecast", space=LIVE)
    newest_first = wanted.where(runs.c.published_at.is_not(None)).order_by(runs.c.slot.desc(), runs.c.redo.desc())
    found = connection.execute(newest_first).tuples().all()
    beyond = _beyond(found, retention.forecasts.days, retention.forecasts.count, now)
    current = set(connection.scalars(select(forecast_heads.c.run_id).distinct()))
    left = _with_rows(connection, forecasts, beyond) | _with_rows(connection, forecast_origins, beyond)
    return tuple(run_id for run_id in beyond if run_id not in current and run_id in left)


def _retrains(connection: Connection, pipeline: str, retention: Retention, now: datetime) -> tuple[int, ...]:
    wanted = select(runs.c.id, runs.c.slot).filter_by(pipeline=pipeline, kind="retrain", space=LIVE)
    found = connection.execute(wanted.where(runs.c.status != "running").order_by(runs.c.slot.desc())).tuples().all()
    return _beyond(found, retention.models.days, retention.models.count, now)


def _with_rows(connection: Connection, table: Table, run_ids: tuple[int, ...]) -> set[int]:
    """The runs of which a table holds something: a look into its key for each."""
    there = select(runs.c.id).where(exists().where(table.c.run_id == runs.c.id))
    return {run_id for part in _parts(run_ids) for run_id in connection.scalars(there.where(runs.c.id.in_(part)))}


def _beyond(found: Any, days: float | None, count: int | None, now: datetime) -> tuple[int, ...]:
    """Of runs, newest first, those that exceed the age or the number of slots."""
    earliest, kept = _earliest(days, now), set()
    beyond = []
    for run_id, slot in found:
        kept.add(slot)
        old = earliest is not None and slot < earliest
        if old or (count is not None and len(kept) > count):
            beyond.append(run_id)
    return tuple(beyond)


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
    connection: Connection, pipeline: str, retention: Retention, now: datetime, gone: tuple[int, ...]
) -> datetime | None:
    """The moment before which replaced values may go: no kept forecast has seen them."""
    before = _earliest(retention.revisions.days, now)
    if before is None:
        return None
    kept = (
        select(runs.c.data_as_of)
        .filter_by(pipeline=pipeline, kind="forecast")
        .where(
            runs.c.published_at.is_not(None), runs.c.id.in_(select(forecast_origins.c.run_id)), runs.c.id.not_in(gone)
        )
    )
    seen: list[datetime] = [moment for moment in connection.scalars(kept) if moment is not None]
    return min([before, *seen])


def _replaced(pipeline: str, before: datetime | None) -> ColumnElement[bool]:
    mine = observation_revisions.c.series_id.in_(select(series.c.id).where(series.c.pipeline == pipeline))
    return mine & (observation_revisions.c.replaced_at < before) if before is not None else false()


def _refused(pipeline: str, before: datetime | None) -> ColumnElement[bool]:
    return (quarantine.c.pipeline == pipeline) & (quarantine.c.last_seen < before) if before is not None else false()


def _earliest(days: float | None, now: datetime) -> datetime | None:
    return None if days is None else now - timedelta(days=days)


def _count(connection: Connection, table: Any, condition: ColumnElement[bool]) -> int:
    return int(connection.scalar(select(func.count()).select_from(table).where(condition)) or 0)


def _scalars(connection: Connection, column: Any, key: Any, ids: tuple[int, ...]) -> Iterable[Any]:
    for part in _parts(ids):
        wanted: Select[Any] = select(column).where(key.in_(part))
        yield from connection.scalars(wanted)


def _parts(ids: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    for start in range(0, len(ids), _IDS_A_STATEMENT):
        yield ids[start : start + _IDS_A_STATEMENT]
