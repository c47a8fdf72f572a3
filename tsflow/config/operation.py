"""How a pipeline is run by Prefect, and when somebody is told of it."""

from typing import Any

from pydantic import Field

from tsflow.config.base import Settings


class Deployment(Settings):
    """What `tsflow deploy` makes of a pipeline."""

    work_pool: str = Field("tsflow", description="Work pool whose workers run it; made if it is not there.")
    job_variables: dict[str, Any] = Field({}, description="For the pool's job template: image, memory, env ...")
    tags: tuple[str, ...] = Field((), description="Tags in Prefect, beside `tsflow`.")
    concurrency_limit: int | None = Field(1, ge=1, description="Runs at a time of one flow; others wait their turn.")


class Alerts(Settings):
    """When somebody is told; where is the environment's TSFLOW_ALERT_URL."""

    late_after: float = Field(
        1800.0, ge=0, description="Seconds after its scheduled time from which a missing forecast is late."
    )
    bad_share: float = Field(
        0.05, ge=0, le=1, description="Share of bad rows above which an ingest, though it goes on, is announced."
    )
