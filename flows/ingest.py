"""Source to observations, on its own."""

from datetime import datetime

from prefect import flow

from flows import tasks
from flows.alerts import tell_failure
from flows.slot import held, run_name


@flow(name="ingest", flow_run_name=run_name, on_failure=[tell_failure], on_crashed=[tell_failure])
def ingest(pipeline: str, config: str = "tsflow.yaml", slot: datetime | None = None, force: bool = True) -> int:
    """Read the pipeline's source into the database.

    Args:
        pipeline: Name of a pipeline in the configuration.
        config: Path of the project's YAML file.
        slot: The present step of the pipeline's clock, which it is if not given.
        force: Read the source again even if this slot's ingest is done.

    Returns:
        The id of the ingest run.
    """
    with held(pipeline, config, slot, force) as work:
        run_id: int = work.here(tasks.ingest)
        return run_id
