"""Train every architecture, each in a task of its own, and decide between them."""

from datetime import datetime

from prefect import flow, get_run_logger

from flows import tasks
from flows.alerts import tell_failure
from flows.runner import training
from flows.slot import Slot, held, run_name
from tsflow.steps import Skipped


def retrain_if_due(work: Slot) -> int | None:
    """Retrain in a held slot; returns the decision's id, or None where no retrain was due.

    An architecture that fails fails alone: its task run says so, and the decision is made among the others.
    """
    planned = work.do(tasks.plan_retrain)
    if isinstance(planned, Skipped):
        get_run_logger().info("no retrain: %s", planned.reason)
        return None
    with training(work.setting):
        if planned.architectures:
            work.do(tasks.choose_recipes, run_id=planned.run_id)
        futures = [work.start(tasks.train, run_id=planned.run_id, architecture=name) for name in planned.architectures]
        for future in futures:
            future.wait()
        decision_id: int = work.do(tasks.decide, run_id=planned.run_id)
    return decision_id


@flow(name="retrain", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def retrain(pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = True) -> int | None:
    """Train all architectures on what has been ingested and decide which one forecasts.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: The time to run for; the present step of the pipeline's clock if not given.
            A past one knows what was known then.
        force: Retrain even if none is due.

    Returns:
        The id of the decision, or None where no retrain was due.
    """
    with held(pipeline, config, slot, force) as work:
        return retrain_if_due(work)
