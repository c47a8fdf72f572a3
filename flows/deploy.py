"""Bring Prefect's server to what `tsflow.yaml` asks for, changing only what differs."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from prefect.client.orchestration import SyncPrefectClient, get_client
from prefect.client.schemas.actions import WorkPoolCreate
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags
from prefect.client.schemas.responses import DeploymentResponse
from prefect.deployments.runner import RunnerDeployment
from prefect.exceptions import ObjectNotFound

from flows.automations import install
from flows.deployments import TAG, deployments
from tsflow.config import Project
from tsflow.errors import ConfigError


def deploy(project: Project, config: Path, *, pooled: bool = True) -> list[str]:
    """Make, change and remove deployments, work pools and automations; returns what changed, nothing if all is so.

    A deployment that somebody has paused stays paused.

    Raises:
        ConfigError: If a deployment of the same name belongs to another project.
    """
    wanted = deployments(project, config, pooled=pooled)
    with get_client(sync_client=True) as client:
        return [
            *_make_pools(client, {item.work_pool_name for item in wanted if item.work_pool_name}),
            *_apply(client, wanted, str(config)),
            *_remove(client, {item.full_name for item in wanted}, str(config)),
            *install(client),
        ]


def _make_pools(client: SyncPrefectClient, names: set[str]) -> Iterator[str]:
    """A pool of processes for each name that has none; one that is there is left as it is."""
    for name in sorted(names):
        try:
            client.read_work_pool(name)
        except ObjectNotFound:
            client.create_work_pool(WorkPoolCreate(name=name, type="process"))
            yield f"created work pool {name!r}"


def _apply(client: SyncPrefectClient, wanted: list[RunnerDeployment], config: str) -> Iterator[str]:
    for item in wanted:
        payload = _payload(item)
        try:
            there = client.read_deployment_by_name(item.full_name)
        except ObjectNotFound:
            client.create_deployment(flow_id=client.create_flow_from_name(str(item.flow_name)), **payload)
            yield f"created deployment {item.full_name!r}"
            continue
        owner = Path(there.parameters.get("config", config))
        if owner.is_absolute() and str(owner) != config:
            raise ConfigError(
                f"deployment {item.full_name!r} belongs to {owner}: rename one of the pipelines, "
                f"or `prefect deployment delete {item.full_name}`"
            )
        if _there(there) != _comparable(payload):
            client.create_deployment(flow_id=there.flow_id, **payload | {"paused": there.paused})
            yield f"changed deployment {item.full_name!r}"


def _remove(client: SyncPrefectClient, wanted: set[str], config: str) -> Iterator[str]:
    """Remove what an earlier state of the file had asked for."""
    ours = DeploymentFilter(tags=DeploymentFilterTags(all_=[TAG]))
    for there in client.read_deployments(deployment_filter=ours):
        name = f"{client.read_flow(there.flow_id).name}/{there.name}"
        if there.parameters.get("config") == config and name not in wanted:
            client.delete_deployment(there.id)
            yield f"removed deployment {name!r}"


def _payload(item: RunnerDeployment) -> dict[str, Any]:
    """What the server is sent."""
    return {
        "name": item.name,
        "description": item.description,
        "entrypoint": item.entrypoint,
        "parameters": item.parameters,
        "parameter_openapi_schema": item._parameter_openapi_schema.model_dump(exclude_unset=True),
        "enforce_parameter_schema": True,
        "tags": item.tags,
        "schedules": item.schedules or [],
        "concurrency_limit": item.concurrency_limit,
        "concurrency_options": item.concurrency_options,
        "work_pool_name": item.work_pool_name,
        "job_variables": item.job_variables,
        "pull_steps": [],
    }


_COMPARED = ("description", "entrypoint", "parameters", "parameter_openapi_schema", "work_pool_name", "job_variables")


def _comparable(payload: dict[str, Any]) -> dict[str, Any]:
    schedules = [item.schedule.model_dump(mode="json") for item in payload["schedules"]]
    same = {name: payload[name] for name in _COMPARED}
    return same | {"tags": set(payload["tags"]), "schedules": schedules, "limit": payload["concurrency_limit"]}


def _there(deployment: DeploymentResponse) -> dict[str, Any]:
    limit = deployment.global_concurrency_limit
    return {name: getattr(deployment, name) for name in _COMPARED} | {
        "tags": set(deployment.tags),
        "schedules": [item.schedule.model_dump(mode="json") for item in deployment.schedules],
        "limit": None if limit is None else limit.limit,
    }
