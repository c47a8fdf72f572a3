"""The whole slot of a pipeline: ingest, retrain if due, forecast, report."""

from datetime import datetime

from prefect import flow, get_run_logger

from flows import tasks
from flows.alerts import tell_failure
from flows.retrain import retrain_if_due
from flows.slot import held, run_name
from tsflow.errors import TrainingError
from tsflow.steps import published_run, wall_clock


@flow(name="pipeline", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def pipeline(pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = False) -> int:
    """Ingest, retrain if due, forecast, report.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: The time to run for; the present step of the pipeline's clock if not given.
            A past one knows what was known then.
        force: Do the slot again even if it is done.

    Returns:
        The id of the forecast run, whose forecasts are published.
    """
    done = None if force else published_run(config, pipeline, wall=wall_clock(), slot=slot)
    if done is not None:
        get_run_logger().info("the slot is done: its forecasts are those of run %s", done)
        return done
    with held(pipeline, config, slot, force) as work:
        if work.ticket.known_at is None:
            work.do(tasks.ingest)
        try:
            retrain_if_due(work)
        except TrainingError as error:
            get_run_logger().warning("%s", error)
        run_id: int = work.do(tasks.forecast)
        work.do(tasks.report)
        return run_id
