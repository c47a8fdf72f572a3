"""Where the tasks of a flow run: in turn, in threads, in processes or on Dask, by the project's setting."""

from collections.abc import Iterable
from concurrent.futures import Future
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from prefect import Task
from prefect.futures import PrefectConcurrentFuture, PrefectFuture
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from tsflow.config import TaskRunner as Setting
from tsflow.errors import ConfigError


class InTurn(TaskRunner[PrefectConcurrentFuture[Any]]):
    """Tasks one after another in the flow's own thread: an interrupt reaches a training there, and in no other."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # Prefect's

    def duplicate(self) -> "InTurn":
        """Another like it."""
        return InTurn()

    def submit(
        self,
        task: "Task[..., Any]",
        parameters: dict[str, Any],
        wait_for: Iterable[PrefectFuture[Any]] | None = None,  # noqa: ARG002 - whatever it is, it has ended
        dependencies: dict[str, set[Any]] | None = None,  # noqa: ARG002
    ) -> PrefectConcurrentFuture[Any]:
        """Run a task to its end; returns a future that is done."""
        state = task(**parameters, return_state=True)
        done: Future[Any] = Future()
        done.set_result(state)
        return PrefectConcurrentFuture(state.state_details.task_run_id, done)


def task_runner(setting: Setting) -> TaskRunner[Any]:
    """The configured task runner, to be entered by the flow.

    Raises:
        ConfigError: If Dask is asked for and not installed.
    """
    if setting.kind == "threads" and setting.workers == 1:
        return InTurn()
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


def training(setting: Setting) -> AbstractContextManager[Any]:
    """What is submitted meanwhile trains: on Dask, it goes to workers with the configured resources.

    No tag says so: before a tagged task Prefect asks the server for its limit, and a server that does not answer then
    would cost the run.
    """
    if setting.kind != "dask" or not setting.training_resources:
        return nullcontext()
    from dask.base import annotate

    return annotate(resources=setting.training_resources)
