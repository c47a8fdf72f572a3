"""Look after all pipelines: what is late or missing no run of theirs can tell."""

from prefect import flow

from flows.alerts import prefect_event
from tsflow import steps
from tsflow.process import wall_clock


@flow(name="monitor")
def monitor(config: str = "tsflow.yaml") -> list[str]:
    """Raise an alert for each pipeline whose forecast is late or missing, once an outage.

    Args:
        config: Path of the project's YAML file.

    Returns:
        The pipelines that are not well.
    """
    return steps.monitor(config, wall=wall_clock(), channels=(prefect_event,))
