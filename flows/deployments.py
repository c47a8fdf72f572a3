"""What `tsflow.yaml` asks of Prefect: a deployment for each pipeline and flow, and one that looks after them all."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from prefect import Flow
from prefect.client.schemas.actions import DeploymentScheduleCreate
from prefect.client.schemas.objects import ConcurrencyLimitConfig
from prefect.client.schemas.schedules import CronSchedule, IntervalSchedule, RRuleSchedule
from prefect.deployments.runner import RunnerDeployment
from prefect.types.entrypoint import EntrypointType

from flows.forecast import forecast
from flows.ingest import ingest
from flows.monitor import monitor
from flows.pipeline import pipeline
from flows.retrain import retrain
from tsflow.config import Deployment, Pipeline, Project, schedule_kind

TAG = "tsflow"
MONITORED_EVERY = "600"
"""Seconds between looks at what is late."""
ENVIRONMENT = {
    "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",  # by which the automation tells the dead from the busy
    "PREFECT_LOGGING_EXTRA_LOGGERS": "tsflow",  # so that what the steps say is in the UI, too
}
"""What every run is started with."""
_SIZES = {"cpu", "memory", "threads", "gpus", "device", "devices", "node_selector", "tolerations"}
"""What the templates in `deployments/` call the machine that a run needs."""


def deployments(project: Project, config: Path, *, pooled: bool = True) -> list[RunnerDeployment]:
    """All that the project asks for; only the whole pipeline runs on the schedule, its steps on demand.

    Args:
        project: The settings.
        config: Where its file is, for whoever runs it.
        pooled: For workers; otherwise for a process that serves them all.
    """
    wanted = [
        _of_pipeline(flow, name, settings, config) for name, settings in project.pipelines.items() for flow in _FLOWS
    ]
    watching = _deployment(monitor, project.name, _small(project), {"config": str(config)})
    watching.schedules = [DeploymentScheduleCreate(schedule=_schedule(MONITORED_EVERY, "UTC"))]
    wanted.append(watching)
    if not pooled:
        wanted = [item.model_copy(update={"work_pool_name": None, "job_variables": {}}) for item in wanted]
    return wanted


_FLOWS: tuple[Flow[..., Any], ...] = (pipeline, ingest, retrain, forecast)


def _of_pipeline(flow: Flow[..., Any], name: str, settings: Pipeline, config: Path) -> RunnerDeployment:
    wanted = _deployment(flow, name, settings.deployment, {"pipeline": name, "config": str(config)})
    if flow is pipeline and settings.schedule is not None:
        wanted.schedules = [DeploymentScheduleCreate(schedule=_schedule(settings.schedule, settings.timezone))]
    return wanted


def _small(project: Project) -> Deployment:
    """How the first pipeline is run, but for the size of its machine: who looks at a database needs no GPU."""
    first = next(iter(project.pipelines.values())).deployment
    where = {name: value for name, value in first.job_variables.items() if name not in _SIZES}
    return first.model_copy(update={"job_variables": where})


def _deployment(flow: Flow[..., Any], name: str, settings: Deployment, parameters: dict[str, Any]) -> RunnerDeployment:
    limit = settings.concurrency_limit
    job_variables = {**settings.job_variables, "env": {**ENVIRONMENT, **settings.job_variables.get("env", {})}}
    wanted = flow.to_deployment(
        name,
        description=f"{flow.__doc__}".splitlines()[0],
        parameters=parameters,
        tags=[TAG, *settings.tags],
        work_pool_name=settings.work_pool,
        job_variables=job_variables,
        concurrency_limit=None if limit is None else ConcurrencyLimitConfig(limit=limit),
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    assert isinstance(wanted, RunnerDeployment)  # a coroutine only where a loop runs
    return wanted


def _schedule(text: str, timezone: str) -> CronSchedule | IntervalSchedule | RRuleSchedule:
    kind = schedule_kind(text)
    if kind == "cron":
        return CronSchedule(cron=text, timezone=_zone_of(text, timezone))
    if kind == "rrule":
        return RRuleSchedule(rrule=text, timezone=timezone)
    return IntervalSchedule(interval=timedelta(seconds=int(text)), anchor_date=datetime(2020, 1, 1, tzinfo=UTC))


def _zone_of(cron: str, timezone: str) -> str:
    """Every hour goes by UTC, where that is the same: in autumn Prefect leaves out the hour that comes twice."""
    hourly = cron.split()[1:] == ["*"] * 4
    offsets = [ZoneInfo(timezone).utcoffset(datetime(2026, month, 1)) or timedelta() for month in (1, 7)]  # noqa: DTZ001
    return "UTC" if hourly and not any(offset % timedelta(hours=1) for offset in offsets) else timezone
