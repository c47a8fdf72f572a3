"""One slot of one pipeline, held for as long as a flow works on it."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prefect import Task, get_run_logger
from prefect.context import FlowRunContext
from prefect.runtime import flow_run
from prefect.task_runners import TaskRunner
from tenacity import Retrying, retry_if_exception, stop_after_delay, wait_random_exponential

from flows.runner import task_runner
from tsflow.config import TaskRunner as Setting
from tsflow.config import load_project
from tsflow.errors import RunsAwry, TsflowError
from tsflow.process import wall_clock
from tsflow.steps import Ticket, hold_slot, patience


def run_name() -> str:
    """Flow runs are named for the pipeline and the slot; `now` stands for the present slot."""
    parameters = flow_run.parameters
    return f"{parameters['pipeline']}/{parameters.get('slot') or 'now'}"


@dataclass(frozen=True)
class Slot:
    """A held slot and the task runner that works on it."""

    ticket: Ticket
    setting: Setting
    runner: TaskRunner[Any]

    def start(self, task: Task[..., Any], **parameters: Any) -> Any:
        """Submit a task for this slot; returns its future."""
        return self.runner.submit(task, parameters={"ticket": self.ticket, **parameters})

    def here(self, task: Task[..., Any], **parameters: Any) -> Any:
        """Run a task in the flow's own process: where the source's files and secrets are."""
        return task(self.ticket, **parameters)

    def do(self, task: Task[..., Any], **parameters: Any) -> Any:
        """Run a task for this slot and return its result."""
        return self.start(task, **parameters).result()


def scheduled_time() -> datetime | None:
    """When a schedule wanted this run to start; none for a run that somebody asked for."""
    context = FlowRunContext.get()
    run = context.flow_run if context else None
    return run.expected_start_time if run and run.auto_scheduled else None


_MOST_STARTS = 4
"""Of one flow run: a run that crashed is scheduled again, but one that always does is not run for ever."""


@contextmanager
def held(pipeline: str, config: str, slot: datetime | None, force: bool) -> Iterator[Slot]:
    """Hold the pipeline's lease for a slot and enter the configured task runner.

    A lease that another run holds is waited for: if that run is dead it lapses, if it is alive it ends.
    """
    logger, run_id = get_run_logger(), str(flow_run.id)
    if flow_run.run_count > _MOST_STARTS:
        raise RunsAwry(f"{pipeline}: this run was killed {_MOST_STARTS} times (out of memory?) and is not tried again")
    waiting = Retrying(
        retry=retry_if_exception(lambda error: isinstance(error, TsflowError) and error.transient),
        wait=wait_random_exponential(max=10),
        stop=stop_after_delay(patience(config, pipeline, wall_clock())),
        before_sleep=lambda state: logger.warning("waiting: %s", state.outcome and state.outcome.exception()),
        reraise=True,
    )
    with ExitStack() as stack:
        for attempt in waiting:
            with attempt:
                chosen = hold_slot(
                    config,
                    pipeline,
                    wall=wall_clock(),
                    slot=slot,
                    scheduled=scheduled_time(),
                    force=force,
                    holder=f"flow run {run_id}",
                    flow_run=run_id,
                )
                ticket = stack.enter_context(chosen)
        setting = load_project(config).task_runner
        yield Slot(ticket, setting, stack.enter_context(task_runner(setting)))
