"""Forecast every series, check the rows, publish them by one flip."""

import numpy as np

from tsflow.panel import Panel
from tsflow.quality import checked_forecasts
from tsflow.steps.clock import next_due, to_datetime
from tsflow.steps.data import ended, whole_panel
from tsflow.steps.forecaster import current_forecaster
from tsflow.steps.job import Job, Progress, wall_clock
from tsflow.steps.run import begin, failing
from tsflow.steps.shares import share_out
from tsflow.store import forecasts, partitions, schema
from tsflow.store.forecasts import Origin


def forecast(job: Job, on_progress: Progress | None = None) -> int:
    """Forecast the slot and publish; returns the run's id.

    A slot that is published is a no-op, unless forced; the present one is done again if data or settings have changed.
    """
    panel = whole_panel(job)
    run = begin(job, "forecast", panel=panel, redo_if_changed=job.ticket.known_at is None)
    if run.done:
        return run.id
    with failing(job, run.id):
        return _publish(job, run.id, panel, on_progress)


def _publish(job: Job, run_id: int, panel: Panel, on_progress: Progress | None) -> int:
    """Rows first, which nobody sees, then one flip."""
    partitions.make_room(job.engine, schema.forecasts, run_id + partitions.AHEAD)
    season_length = job.pipeline.shape.season_length
    shares = share_out(job, panel, current_forecaster(job))
    for number, share in enumerate(shares):
        forecasts.write_shard(job.engine, job.fence, run_id, checked_forecasts(share.rows(panel)))
        forecasts.write_origins(job.engine, job.fence, run_id, share.origins(panel, season_length))
        if on_progress:
            on_progress("series forecast", number + 1, len(shares))
    forecasts.write_origins(job.engine, job.fence, run_id, without_forecast(job, panel))
    due = next_due(job.pipeline, job.ticket.slot)
    return forecasts.publish(job.engine, job.fence, run_id, wall_clock(), next_due=due).id


def without_forecast(job: Job, panel: Panel) -> list[Origin]:
    """The series that get no rows, with the reason."""
    silent = ended(job, panel)
    stamps = panel.frequency.timestamp(panel.last)
    origins = []
    for index in np.flatnonzero(silent | (panel.lengths == 0)):
        last = to_datetime(stamps[index]) if silent[index] else None
        reason = f"ended: last observed {last:%Y-%m-%d %H:%M}" if last else "no observation"
        origins.append(
            Origin(
                series_id=int(panel.series_ids[index]),
                cutoff=last,
                model_id=None,
                source="none",
                reason=reason,
            )
        )
    return origins
