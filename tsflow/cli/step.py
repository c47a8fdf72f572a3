"""Commands that do one step of a slot in this process, without Prefect."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command, exit_code, show_error
from tsflow.cli.options import CONFIG, Config, PipelineNames, chosen
from tsflow.cli.output import note
from tsflow.cli.progress import progress_bars
from tsflow.cli.slot_summary import ingested
from tsflow.errors import TsflowError

if TYPE_CHECKING:
    from tsflow.steps import Job, Progress

_Force = Annotated[bool, typer.Option("--force", help="Retrain even if none is due.")]


@command
def ingest(pipelines: PipelineNames = None, config: Config = CONFIG) -> None:
    """Read the sources into the database; bad rows go to the quarantine."""

    def work(job: "Job", progress: "Progress") -> str:
        from tsflow import steps
        from tsflow.store import runs

        return ingested(runs.get(job.engine, steps.ingest(job, on_progress=progress)).report)

    _each(config, pipelines, "ingest", work, force=True)


@command
def retrain(pipelines: PipelineNames = None, force: _Force = False, config: Config = CONFIG) -> None:
    """Train the candidates and choose the champion, where a retrain is due."""

    def work(job: "Job", progress: "Progress") -> str:
        from tsflow import steps
        from tsflow.store import decisions

        outcome = steps.retrain(job, on_progress=progress)
        if isinstance(outcome, steps.Skipped):
            return f"no retrain: {outcome.reason}"
        decision = decisions.current(job.engine, job.name, job.fence.space)
        return f"{decision.outcome}: {decision.reason}" if decision else "no decision"

    _each(config, pipelines, "retrain", work, force=force)


@command
def forecast(pipelines: PipelineNames = None, config: Config = CONFIG) -> None:
    """Forecast with the present champion and publish."""

    def work(job: "Job", progress: "Progress") -> str:
        from tsflow import steps

        run_id = steps.forecast(job, on_progress=progress)
        return f"published for slot {job.ticket.slot:%Y-%m-%d %H:%M} (run {run_id})"

    _each(config, pipelines, "forecast", work, force=True)


def _each(
    config: Path, names: list[str] | None, step: str, work: "Callable[[Job, Progress], str]", *, force: bool
) -> None:
    """Do a step for each pipeline; one that fails does not keep the others from theirs."""
    from tsflow.config import load_project

    pipelines = chosen(load_project(config), names)
    from tsflow.process import this_process, wall_clock
    from tsflow.steps import hold_slot, open_job  # only now: it takes torch with it

    codes = []
    for name in pipelines:
        try:
            with (
                progress_bars(name) as listener,
                hold_slot(
                    str(config), name, wall=wall_clock(), force=force, holder=this_process(f"tsflow {step}")
                ) as ticket,
                open_job(ticket) as job,
            ):
                told = work(job, partial(listener, f"{name}: {step}"))
            note(f"{name}: {told}")
        except TsflowError as error:
            show_error(error)
            codes.append(exit_code(error))
    if codes:
        raise typer.Exit(max(codes))
