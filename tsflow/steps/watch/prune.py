"""Let go of what a project's retention does not keep, pipeline by pipeline."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Engine

from tsflow.artifacts import delete_model
from tsflow.config import Limits, Project
from tsflow.errors import ArtifactError, DatabaseUnavailable, LeaseHeld
from tsflow.store import leases
from tsflow.store import prune as store
from tsflow.store.prune import Prunable

logger = logging.getLogger("tsflow")


def prunable(project: Project, engine: Engine, names: Sequence[str], *, now: datetime) -> list[Prunable]:
    """What would go; nothing is changed."""
    return [store.find(engine, name, project.retention_of(name), now=now) for name in names]


def prune(project: Project, engine: Engine, names: Sequence[str], *, now: datetime, holder: str) -> list[Prunable]:
    """Let go, under each pipeline's lease; one that is at work is left for the next time, and said so.

    Killed at any moment, it leaves rows that nobody sees, or files that no row names; the rows go the next time.
    Each replay and backtest goes under a lease of its own.
    On PostgreSQL a range of forecasts that has become empty is dropped whole, and those that are due are made.

    Returns:
        What went, for each pipeline that was free.
    """
    gone = []
    for name in names:
        try:
            with leases.hold(engine, name, leases.LIVE, holder=holder) as fence:
                found = store.find(engine, name, project.retention_of(name), now=now)
                files = store.artifacts(engine, found.models)
                store.delete_references(engine, fence, found)
        except LeaseHeld as error:
            logger.warning("%s is not pruned: %s", name, error)
            continue
        for url in files:
            _delete(url)
        limits = project.retention_of(name).forecasts
        spaces = tuple(one for one in found.spaces if _let_go(engine, name, one, limits, now=now, holder=holder))
        gone.append(replace(found, spaces=spaces))
    _drop_ranges(engine)
    for found in gone:
        try:
            with leases.hold(engine, found.pipeline, leases.LIVE, holder=holder) as fence:
                store.delete_rows(engine, fence, found)
        except LeaseHeld as error:  # begun meanwhile
            logger.warning("%s: rows that nobody sees any more go the next time: %s", found.pipeline, error)
    store.make_ranges(engine)
    return gone


def _let_go(engine: Engine, name: str, space: str, limits: Limits, *, now: datetime, holder: str) -> bool:
    """Let go of a replay or backtest; one that is at work is left."""
    try:
        with leases.hold(engine, name, space, holder=holder) as fence:
            if not store.close_space(engine, fence, limits, now):
                return False
            files = store.artifacts(engine, store.models_of_space(engine, fence))
            _drop_ranges(engine)
            store.delete_space(engine, fence)
    except LeaseHeld as error:
        logger.warning("%s is not pruned: %s", space, error)
        return False
    for url in files:
        _delete(url)
    return True


def _drop_ranges(engine: Engine) -> None:
    try:
        for name in store.drop_whole_ranges(engine):
            logger.info("dropped %s whole", name)
    except DatabaseUnavailable as error:
        logger.warning("no range is dropped, its rows go one by one: %s", error)


def _delete(url: str) -> None:
    try:
        delete_model(url)
    except ArtifactError as error:
        logger.warning("%s", error)
