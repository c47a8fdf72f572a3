"""The command that runs the whole flow, and says where the forecasts are."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from tsflow.cli.errors import command, exit_code, show_error
from tsflow.cli.flows_package import require_our_flows
from tsflow.cli.interrupt import insistent_interrupt
from tsflow.cli.options import CONFIG, Config, PipelineNames, chosen, project_database
from tsflow.cli.output import note, print_table
from tsflow.cli.plot import draw, picture_path
from tsflow.cli.prefect_console import quiet_prefect, start_temporary_server
from tsflow.cli.progress import progress_bars
from tsflow.cli.slot_summary import slot_told, why_none
from tsflow.errors import TsflowError
from tsflow.process import wall_clock

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tsflow.config import Project

_Force = Annotated[bool, typer.Option("--force", help="Do the slot again even if it is done.")]
_FIRST_ROWS = 5
_COLUMNS = ["unique_id", "ds", "y_hat", "lo_80", "hi_80", "model"]


@command
def run(pipelines: PipelineNames = None, force: _Force = False, config: Config = CONFIG) -> None:
    """Run the flow here: ingest, retrain if due, forecast. A slot that is done is not done again."""
    from tsflow.config import load_project

    names, began = chosen(load_project(config), pipelines), wall_clock()
    try:
        with insistent_interrupt():
            outcomes = {name: _outcome(name, config, force) for name in names}
    except KeyboardInterrupt:
        note("interrupted: what is done is kept, and the next `tsflow run` goes on from there")
        raise
    failures = [outcome for outcome in outcomes.values() if isinstance(outcome, TsflowError)]
    done = {name: outcome for name, outcome in outcomes.items() if not isinstance(outcome, TsflowError)}
    if done:
        with project_database(config) as (project, engine):
            _report(project, engine, config, done, began)
    for error in failures:
        show_error(error)
    if failures:
        raise typer.Exit(max(exit_code(error) for error in failures))


def _outcome(name: str, config: Path, force: bool) -> int | str | TsflowError:
    """Run the flow for one pipeline; returns its forecast run, or why the slot was skipped.

    What went wrong is returned, too, so that the others get their turn.
    """
    require_our_flows()
    with progress_bars(name) as listener:
        quiet_prefect()
        start_temporary_server()
        from flows.pipeline import pipeline
        from flows.progress import listening

        try:
            with listening(listener):
                state = pipeline(name, config=str(config.resolve()), force=force, return_state=True)
            return f"skipped: {state.message}" if state.name == "Skipped" else cast(int, state.result())
        except TsflowError as error:
            return error


def _report(project: "Project", engine: "Engine", config: Path, done: dict[str, int | str], began: datetime) -> None:
    """Say what was done and where the forecasts are, and show the first of each pipeline."""
    from tsflow.config.secrets import masked
    from tsflow.store import readers

    for name, outcome in done.items():
        for line in slot_told(engine, project, name, outcome, began):
            note(f"{name}: {line}")
        frame = readers.latest_forecasts(engine, name)
        picture = draw(engine, name, project.pipeline(name), picture_path(config, name))
        typer.echo(f"\n{name}: {len(frame):,} forecasts of {frame['unique_id'].nunique():,} series")
        if frame.empty:
            note(f"{name}: {why_none(engine, name, project.pipeline(name))}")
            continue
        print_table(frame[_COLUMNS].head(_FIRST_ROWS))
        typer.echo(f"plot: {picture}")
    typer.echo(f"\ndatabase: {masked(project.database.get_secret_value())}")
    typer.echo("query:    SELECT * FROM latest_forecasts   (also forecast_history, leaderboard, pipeline_health)")
    note("`tsflow forecasts`, `tsflow leaderboard` and `tsflow status` show more.")
