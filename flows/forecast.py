"""Champion to published forecasts, on its own."""

from datetime import datetime

from prefect import flow

from flows import tasks
from flows.alerts import tell_failure
from flows.slot import Slot, held, run_name


def forecast_slot(work: Slot) -> int:
    """Forecast a held slot, each part of the series in a task of its own, and publish; returns the run's id."""
    plan = work.do(tasks.plan_forecast)
    if plan.done:
        return int(plan.run_id)
    futures = [work.start(tasks.forecast_shard, plan=plan, number=number) for number in range(len(plan.shards))]
    for future in futures:
        future.result()
    run_id: int = work.do(tasks.publish, plan=plan)
    return run_id


@flow(name="forecast", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def forecast(pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = True) -> int:
    """Forecast with the present champion and publish.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: A moment in the step to run for; the present step of the pipeline's clock if not given.
            A past one knows what was known then.
        force: Forecast again even if this slot's forecasts are published.

    Returns:
        The id of the forecast run.
    """
    with held(pipeline, config, slot, force) as work:
        return forecast_slot(work)
