"""Train every architecture, each in a task of its own, and decide between them."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime

from prefect import flow, get_run_logger

from flows import tasks
from flows.alerts import tell_failure
from flows.runner import training
from flows.slot import Slot, held, run_name
from tsflow.steps import FAILS_ALONE, Skipped, Ticket, failing, open_job


def retrain_if_due(work: Slot) -> int | None:
    """Retrain in a held slot; returns the decision's id, or None where no retrain was due.

    An architecture that fails fails alone: its task run says so, and the decision is made among the others. Whatever is
    no architecture's fault (settings, device, database, a bug) is raised, and the run says why.
    """
    planned = work.do(tasks.plan_retrain)
    if isinstance(planned, Skipped):
        get_run_logger().info("no retrain: %s", planned.reason)
        return None
    with training(work.setting), _on_record(work.ticket, planned.run_id):
        if planned.architectures:
            work.do(tasks.choose_recipes, run_id=planned.run_id)
        futures = [work.start(tasks.train, run_id=planned.run_id, architecture=name) for name in planned.architectures]
        for future in futures:
            future.wait()
        for future in futures:
            if future.state.is_failed():  # one that died with its machine is not: the others are compared without it
                with suppress(*FAILS_ALONE):
                    future.result()
        decision_id: int = work.do(tasks.decide, run_id=planned.run_id)
    return decision_id


@contextmanager
def _on_record(ticket: Ticket, run_id: int) -> Iterator[None]:
    """Mark the retrain failed if a task of it failed where no step could, such as in opening its job."""
    try:
        yield
    except Exception:
        with open_job(ticket) as job, failing(job, run_id):
            raise


@flow(name="retrain", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def retrain(pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = True) -> int | None:
    """Train all architectures on what has been ingested and decide which one forecasts.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: A moment in the step to run for; the present step of the pipeline's clock if not given.
            A past one knows what was known then.
        force: Retrain even if none is due.

    Returns:
        The id of the decision, or None where no retrain was due.
    """
    with held(pipeline, config, slot, force) as work:
        return retrain_if_due(work)
