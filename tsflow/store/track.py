"""What was published in a space, row by row: live, or the past lived through again."""

import pandas as pd
from sqlalchemy import Engine, Float, case, func, select

from tsflow.store.engine import reading
from tsflow.store.forecasts import VALUES
from tsflow.store.schema import decisions, forecast_origins, forecasts, models, runs


def issued(engine: Engine, pipeline: str, space: str) -> pd.DataFrame:
    """Every published forecast of a space, the last of each slot: ``series_id, cutoff, ds, lead``, values, ``model``.

    Ordered by series, cutoff and lead; naive UTC stamps. ``model`` is the architecture, or the name of the baseline.
    """
    newest = select(func.max(runs.c.id)).filter_by(pipeline=pipeline, space=space, kind="forecast")
    newest = newest.where(runs.c.published_at.is_not(None)).group_by(runs.c.slot)
    same = (forecast_origins.c.run_id == forecasts.c.run_id) & (forecast_origins.c.series_id == forecasts.c.series_id)
    columns = [
        forecasts.c.series_id,
        forecast_origins.c.cutoff,
        forecasts.c.ds,
        forecasts.c.lead,
        *(forecasts.c[name] for name in VALUES),
        func.coalesce(models.c.architecture, "seasonal_naive").label("model"),
    ]
    wanted = select(*columns).join(forecast_origins, same).outerjoin(models, models.c.id == forecast_origins.c.model_id)
    wanted = wanted.where(forecasts.c.run_id.in_(newest))
    order = forecasts.c.series_id, forecast_origins.c.cutoff, forecasts.c.lead
    with reading(engine) as connection:
        frame = pd.DataFrame(connection.execute(wanted.order_by(*order)).all(), columns=[one.name for one in columns])
    for name in ("cutoff", "ds"):
        frame[name] = pd.to_datetime(frame[name], utc=True).dt.tz_localize(None).astype("M8[us]")
    frame = frame.astype(dict.fromkeys(("series_id", "lead"), "int64"))  # of no rows, too
    return frame.drop_duplicates(["series_id", "cutoff", "ds"], keep="last", ignore_index=True)


def costs(engine: Engine, pipeline: str, space: str) -> dict[str, float]:
    """What a space took: retrains, of them promotions and those won by the baseline; runs that failed; seconds."""
    mine = {"pipeline": pipeline, "space": space}

    promoted, lost = (
        func.sum(case((decisions.c.outcome == outcome, 1), else_=0)) for outcome in ("promoted", "baseline")
    )
    decided = select(func.count(), promoted, lost).select_from(decisions).filter_by(**mine)
    failed = select(func.count()).select_from(runs).filter_by(status="failed", **mine)
    trained = select(func.coalesce(func.sum(models.c.seconds), 0.0, type_=Float))
    trained = trained.join(runs, runs.c.id == models.c.run_id).where(runs.c.pipeline == pipeline, runs.c.space == space)
    with reading(engine) as connection:
        retrains, promotions, baseline = connection.execute(decided).one()
        failures, seconds = connection.scalar(failed), connection.scalar(trained)
    counts = {"retrains": retrains, "promotions": promotions or 0, "won by seasonal naive": baseline or 0}
    return {**counts, "failed runs": failures or 0, "seconds of training": round(float(seconds or 0.0), 1)}
