"""The whole slot of a pipeline: ingest, retrain if due, forecast, report."""

from datetime import datetime
from typing import Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.states import Completed

from flows import tasks
from flows.alerts import prefect_event, tell_failure
from flows.forecast import forecast_slot
from flows.retrain import retrain_if_due
from flows.slot import Slot, held, run_name, scheduled_time
from tsflow.errors import ArtifactError, TrainingError
from tsflow.process import wall_clock
from tsflow.steps import Done, Stale, look_up, open_job, skip, slot_state


# `State[Any]` stands in quotes in all of `flows`: whoever names it first in a process decides under which module its
# states are pickled, and the states of a task in another process must be found in Prefect's own.
@flow(name="pipeline", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def pipeline(
    pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = False
) -> "int | State[Any]":
    """Ingest, retrain if due, forecast, verify, report.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: A moment in the step to run for; the present step of the pipeline's clock if not given.
        force: Do the slot again even if it is done.

    Returns:
        The id of the forecast run, whose forecasts are published; a state that says so where the slot is stale.
    """
    if not force:
        found = look_up(config, pipeline, wall=wall_clock(), slot=slot, scheduled=scheduled_time())
        if isinstance(found, Done):
            get_run_logger().info("the slot is done: its forecasts are those of run %s", found.run_id)
            return found.run_id
    with held(pipeline, config, slot, force) as work:
        # Looked up again: the slot may have been done, or overtaken, while this run waited for the lease.
        return (None if force else _nothing_to_do(work)) or _whole_slot(work)


def _nothing_to_do(work: Slot) -> "int | State[Any] | None":
    """The forecast run of a slot that is done, or the skipping of a stale one."""
    with open_job(work.ticket) as job:
        found = slot_state(job)
        if isinstance(found, Stale):
            skip(job, found.reason)
            return Completed(name="Skipped", message=found.reason)
        return found.run_id if found else None


def _whole_slot(work: Slot) -> int:
    if work.ticket.known_at is None:
        work.here(tasks.ingest)
    try:
        retrain_if_due(work)
    except (TrainingError, ArtifactError) as error:  # what is champion forecasts
        get_run_logger().warning("%s", error)
        with open_job(work.ticket, (prefect_event,)) as job:
            job.alert("failed", str(error))
    run_id = forecast_slot(work)
    get_run_logger().info("%s", work.do(tasks.verify, run_id=run_id))
    work.here(tasks.report)
    return run_id
