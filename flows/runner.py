"""Where the tasks of a flow run: threads, processes or Dask, by the project's setting."""

from typing import Any

from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from tsflow.config import TaskRunner as Setting
from tsflow.errors import ConfigError


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
    # No dashboard: its port may be taken, and it would be open to the network.
    local = {"n_workers": setting.workers, "threads_per_worker": 1, "dashboard_address": None}
    return DaskTaskRunner(cluster_kwargs=local)
