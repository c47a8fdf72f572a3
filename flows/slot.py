"""One slot of one pipeline, held for as long as a flow works on it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from prefect import Task
from prefect.runtime import flow_run
from prefect.task_runners import TaskRunner

from flows.runner import task_runner
from tsflow.config import load_project
from tsflow.steps import Ticket, hold_slot, wall_clock


def run_name() -> str:
    """Flow runs are named for the pipeline and the slot; `now` stands for the present slot."""
    parameters = flow_run.parameters
    return f"{parameters['pipeline']}/{parameters.get('slot') or 'now'}"


@dataclass(frozen=True)
class Slot:
    """A held slot and the task runner that works on it."""

    ticket: Ticket
    runner: TaskRunner[Any]

    def start(self, task: Task[..., Any], **parameters: Any) -> Any:
        """Submit a task for this slot; returns its future."""
        return self.runner.submit(task, parameters={"ticket": self.ticket, **parameters})

    def do(self, task: Task[..., Any], **parameters: Any) -> Any:
        """Run a task for this slot and return its result."""
        return self.start(task, **parameters).result()


@contextmanager
def held(pipeline: str, config: str, slot: datetime | None, force: bool) -> Iterator[Slot]:
    """Hold the pipeline's lease for a slot and enter the configured task runner."""
    run_id = str(flow_run.id)
    with (
        hold_slot(
            config,
            pipeline,
            wall=wall_clock(),
            slot=slot,
            force=force,
            holder=f"flow run {run_id}",
            flow_run=run_id,
        ) as ticket,
        task_runner(load_project(config).task_runner) as runner,
    ):
        yield Slot(ticket, runner)
