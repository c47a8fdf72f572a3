"""Forecast every series, shard by shard, check the rows, publish them by one flip."""

from dataclasses import dataclass, replace

import numpy as np

from tsflow.panel import Panel, Whole
from tsflow.process import wall_clock
from tsflow.quality import checked_forecasts
from tsflow.steps.data.known import ended, refuse_none
from tsflow.steps.data.shards import Gathered, Shard, shard_panel, shards
from tsflow.steps.forecasting.assignments import assign
from tsflow.steps.forecasting.forecaster import current_forecaster
from tsflow.steps.slot.clock import next_due, to_datetime
from tsflow.steps.slot.job import Job, Progress
from tsflow.steps.slot.run import begin, failing
from tsflow.store import forecasts, partitions, schema
from tsflow.store.forecasts import Origin
from tsflow.store.panels import combined_digest, series_digests


@dataclass(frozen=True)
class ForecastPlan:
    """A forecast that was begun, in parts that any machine can do."""

    run_id: int
    done: bool
    """Whether the slot's forecasts are published, so that nothing is left to do."""
    shards: tuple[Shard, ...]
    series: int
    """Of all parts."""
    whole: Whole
    """What each part must know of the others."""


def forecast(job: Job, on_progress: Progress | None = None) -> int:
    """Forecast the slot and publish; returns the run's id.

    A slot that is published is a no-op, unless forced; the present one is done again if data or settings have changed.
    """
    plan, at_hand = _planned(job)
    if plan.done:
        return plan.run_id
    for number, part in enumerate(plan.shards):
        with failing(job, plan.run_id):
            _write(job, plan, at_hand[part] if part in at_hand else shard_panel(job, part))
        if on_progress:
            on_progress("series forecast", number + 1, len(plan.shards))
    return publish(job, plan)


def plan_forecast(job: Job) -> ForecastPlan:
    """Begin the slot's forecast and say which parts it has."""
    return _planned(job)[0]


def _planned(job: Job) -> tuple[ForecastPlan, dict[Shard, Panel]]:
    """The plan, and the part that was read last for it: mostly the only one, and reading is half of a forecast.

    A part of which nothing was known at a slot of the past is none of the plan's.
    """
    digests: list[bytes] = []
    at_hand: dict[Shard, Panel] = {}
    parts, gathered = [], Gathered(job)
    for part in shards(job):
        panel = shard_panel(job, part)
        if not len(panel):
            continue
        parts.append(part)
        at_hand = {part: panel}
        digests += series_digests(panel)
        gathered.add(panel)
    refuse_none(job, len(digests))
    digest = combined_digest(job.pipeline.grid, digests)
    run = begin(job, "forecast", data_digest=digest)
    if not run.done:
        partitions.make_room(job.engine, schema.forecasts, run.id + partitions.AHEAD)
    return ForecastPlan(run.id, run.done, tuple(parts), len(digests), gathered.whole()), at_hand


def forecast_shard(job: Job, plan: ForecastPlan, number: int) -> None:
    """Write the forecasts of one part, which nobody sees yet; done again, it replaces them."""
    with failing(job, plan.run_id):
        _write(job, plan, shard_panel(job, plan.shards[number]))


def _write(job: Job, plan: ForecastPlan, panel: Panel) -> None:
    panel = replace(panel, whole=plan.whole)
    season_length, forecaster = job.pipeline.shape.season_length, current_forecaster(job)
    if forecaster.stands_in:
        job.alert("baseline", f"the champion cannot forecast: {forecaster.reason}")
    for one in assign(job, panel, forecaster):
        forecasts.write_shard(job.engine, job.fence, plan.run_id, checked_forecasts(one.rows(panel)))
        forecasts.write_origins(job.engine, job.fence, plan.run_id, one.origins(panel, season_length))
    forecasts.write_origins(job.engine, job.fence, plan.run_id, without_forecast(job, panel))


def publish(job: Job, plan: ForecastPlan) -> int:
    """Show the forecasts of all parts, by one flip; returns the run's id.

    Raises:
        StoreError: If a part is missing.
    """
    due = next_due(job.pipeline, job.ticket.slot)
    with failing(job, plan.run_id):
        run = forecasts.publish(job.engine, job.fence, plan.run_id, wall_clock(), expected=plan.series, next_due=due)
    return run.id


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
