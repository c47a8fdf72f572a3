"""Forecast every series, check the rows, publish them by one flip."""

import numpy as np

from tsflow import __version__
from tsflow.panel import Panel
from tsflow.quality import checked_forecasts
from tsflow.steps.clock import to_datetime
from tsflow.steps.data import ended, whole_panel
from tsflow.steps.forecaster import current_forecaster
from tsflow.steps.job import Job, Progress, failing, wall_clock
from tsflow.steps.shares import share_out
from tsflow.store import forecasts, runs
from tsflow.store.forecasts import Origin
from tsflow.store.observations import panel_digest
from tsflow.training import describe_device, resolve_device


def forecast(job: Job, on_progress: Progress | None = None) -> int:
    """Forecast the slot and publish; returns the run's id.

    A slot that is published is a no-op, unless forced, or unless data or settings have changed since.
    """
    panel = whole_panel(job)
    digests = job.project.digest(job.name), panel_digest(panel)
    before = runs.find(job.engine, job.name, "forecast", job.ticket.slot, job.fence.space)
    changed = before is not None and (before.config_digest, before.data_digest) != digests
    run = runs.begin(
        job.engine,
        job.fence,
        "forecast",
        job.ticket.slot,
        now=job.ticket.moment,
        force=job.ticket.force or changed,
        data_as_of=job.ticket.moment,
        config_digest=digests[0],
        data_digest=digests[1],
        code_version=__version__,
        device=describe_device(resolve_device(job.project.device)),
        prefect_run_id=job.ticket.flow_run,
    )
    if run.done:
        return run.id
    with failing(job, run.id):
        return _publish(job, run.id, panel, on_progress)


def _publish(job: Job, run_id: int, panel: Panel, on_progress: Progress | None) -> int:
    """Rows first, which nobody sees, then one flip."""
    shares = share_out(job, panel, current_forecaster(job))
    for number, share in enumerate(shares):
        forecasts.write_shard(job.engine, job.fence, run_id, checked_forecasts(share.rows(panel)))
        forecasts.write_origins(job.engine, job.fence, run_id, share.origins(panel))
        if on_progress:
            on_progress("series forecast", number + 1, len(shares))
    forecasts.write_origins(job.engine, job.fence, run_id, _without_forecast(job, panel))
    return forecasts.publish(job.engine, job.fence, run_id, wall_clock()).id


def _without_forecast(job: Job, panel: Panel) -> list[Origin]:
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
