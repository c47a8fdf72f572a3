"""Champion to published forecasts, on its own."""

from datetime import datetime

from prefect import flow

from flows import tasks
from flows.alerts import tell_failure
from flows.slot import held, run_name


@flow(name="forecast", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def forecast(pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = True) -> int:
    """Forecast with the present champion and publish.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: The time to run for; the present step of the pipeline's clock if not given.
            A past one knows what was known then.
        force: Forecast again even if this slot's forecasts are published.

    Returns:
        The id of the forecast run.
    """
    with held(pipeline, config, slot, force) as work:
        run_id: int = work.do(tasks.forecast)
        return run_id
