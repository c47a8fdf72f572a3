"""Letting go of live runs' rows, each transaction fenced."""

from sqlalchemy import Engine, delete, select, update

from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced
from tsflow.store.prune.find import Prunable, refused, replaced
from tsflow.store.prune.limits import parts
from tsflow.store.schema import forecast_origins, forecasts, models, observation_revisions, quarantine, runs, scores


def delete_references(engine: Engine, fence: Fence, prunable: Prunable) -> None:
    """Delete all but the rows of `forecasts`, which are not shown without their origins.

    Raises:
        LeaseLost: If another run took over.
    """
    for ids in parts(prunable.forecasts):
        with fenced(engine, fence) as connection:
            connection.execute(delete(forecast_origins).where(forecast_origins.c.run_id.in_(ids)))
    for ids in parts(prunable.models):
        with fenced(engine, fence) as connection:
            connection.execute(update(models).where(models.c.id.in_(ids)).values(artifact_url=None))
    for ids in parts(prunable.retrains):
        with fenced(engine, fence) as connection:
            connection.execute(delete(scores).where(scores.c.run_id.in_(ids)))
    with fenced(engine, fence) as connection:
        connection.execute(delete(quarantine).where(refused(prunable.pipeline, prunable.quarantine_before)))
    with fenced(engine, fence) as connection:
        before = replaced(prunable.pipeline, prunable.revisions_before)
        connection.execute(delete(observation_revisions).where(before))
    for ids in parts(prunable.runs):
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


def artifacts(engine: Engine, model_ids: tuple[int, ...]) -> list[str]:
    """Where the weights of models are that go; a file that another model shares is none of them."""
    with reading(engine) as connection:
        rows = connection.execute(select(models.c.id, models.c.artifact_url).where(models.c.artifact_url.is_not(None)))
        urls = dict(rows.tuples().all())
    mine = {urls[model_id] for model_id in model_ids if model_id in urls}
    return sorted(mine - {url for model_id, url in urls.items() if model_id not in set(model_ids)})
