"""Where the tasks of a flow run: threads, processes or Dask, by the project's setting."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

from prefect import Task
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from tsflow.config import TaskRunner as Setting
from tsflow.errors import ConfigError

TRAINING = "training"
"""Tag of the tasks that train: those for which a GPU is worth its price."""


def task_runner(setting: Setting) -> TaskRunner[Any]:
    """The configured task runner, to be entered by the flow.

    Raises:
        ConfigError: If Dask is asked for and not installed.
    """
    if setting.kind == "threads":
        return ThreadPoolTaskRunner(max_workers=setting.workers)
    if setting.kind == "processes":
        return ProcessPoolTaskRunner(max_workers=setting.workers)
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError:
        raise ConfigError("task_runner.kind: dask is not installed: pip install 'tsflow[dask]'") from None
    if setting.address:
        return DaskTaskRunner(address=setting.address)
    # Any free port, and not open to the network: with none given, the scheduler's own pages take 8787 all the same.
    local = {"n_workers": setting.workers, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    return DaskTaskRunner(cluster_kwargs=local)


def placed(setting: Setting, task: Task[..., Any]) -> AbstractContextManager[Any]:
    """Where a task that is submitted now may run: one that trains, on Dask workers with the configured resources."""
    if setting.kind != "dask" or not setting.training_resources or TRAINING not in task.tags:
        return nullcontext()
    from dask.base import annotate

    return annotate(resources=setting.training_resources)
