"""The project's deployments as a `prefect.yaml`, for those who deploy with Prefect's own command."""

from pathlib import Path
from typing import Any

import yaml
from prefect.client.schemas.schedules import CronSchedule, RRuleSchedule
from prefect.deployments.runner import RunnerDeployment

from flows.deployments import deployments
from tsflow.config import Project

_HEAD = """\
# Made by `tsflow deploy --print`; run in the project's folder:
#
#   prefect deploy --all --prefect-file deployments/prefect.yaml
#
# `tsflow deploy` does the same without this file, and also removes what is no longer asked for, makes the work pools
# and installs the automations.
"""


def prefect_file(project: Project, config: Path) -> str:
    """The text of the file."""
    document = {"name": "tsflow", "deployments": [_entry(item) for item in deployments(project, config)]}
    return _HEAD + yaml.safe_dump(document, sort_keys=False, width=110)


def _entry(item: RunnerDeployment) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "name": item.name,
        "entrypoint": item.entrypoint,
        "description": item.description,
        "tags": item.tags,
        "parameters": item.parameters,
        "work_pool": {"name": item.work_pool_name, "job_variables": item.job_variables},
    }
    if item.concurrency_limit is not None:
        entry["concurrency_limit"] = {"limit": item.concurrency_limit, "collision_strategy": "ENQUEUE"}
    if item.schedules:
        entry["schedules"] = [_schedule(scheduled.schedule) for scheduled in item.schedules]
    return entry


def _schedule(schedule: Any) -> dict[str, Any]:
    if isinstance(schedule, CronSchedule):
        return {"cron": schedule.cron, "timezone": schedule.timezone}
    if isinstance(schedule, RRuleSchedule):
        return {"rrule": schedule.rrule, "timezone": schedule.timezone}
    return {"interval": schedule.interval.total_seconds(), "anchor_date": schedule.anchor_date.isoformat()}
