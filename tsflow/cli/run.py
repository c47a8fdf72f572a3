"""The command that runs the whole flow, and says where the forecasts are."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command, exit_code, show_error
from tsflow.cli.foreign import require_our_flows
from tsflow.cli.options import CONFIG, Config, PipelineNames, chosen, project_database
from tsflow.cli.output import note, print_table
from tsflow.cli.plot import draw, picture_path
from tsflow.cli.prefect_console import quiet_prefect, start_temporary_server
from tsflow.cli.progress import progress_bars
from tsflow.errors import TsflowError

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

    names = chosen(load_project(config), pipelines)
    failures = {name: error for name in names if (error := _failure(name, config, force))}
    done = [name for name in names if name not in failures]
    if done:
        with project_database(config) as (project, engine):
            _report(project, engine, config, done)
    for error in failures.values():
        show_error(error)
    if failures:
        raise typer.Exit(max(exit_code(error) for error in failures.values()))


def _failure(name: str, config: Path, force: bool) -> TsflowError | None:
    """Run the flow for one pipeline; returns what went wrong, so that the others get their turn."""
    require_our_flows()
    with progress_bars(name) as listener:
        quiet_prefect()
        start_temporary_server()
        from flows.pipeline import pipeline
        from flows.progress import listening

        try:
            with listening(listener):
                pipeline(name, config=str(config.resolve()), force=force)
        except TsflowError as error:
            return error
    return None


def _report(project: "Project", engine: "Engine", config: Path, names: list[str]) -> None:
    """Say where the forecasts are and show the first of each pipeline."""
    from tsflow.config.secrets import masked
    from tsflow.store import readers

    for name in names:
        frame = readers.latest_forecasts(engine, name)
        picture = draw(engine, name, project.pipeline(name), picture_path(config, name))
        typer.echo(f"\n{name}: {len(frame):,} forecasts of {frame['unique_id'].nunique():,} series")
        if not frame.empty:
            print_table(frame[_COLUMNS].head(_FIRST_ROWS))
            typer.echo(f"plot: {picture}")
    typer.echo(f"\ndatabase: {masked(project.database.get_secret_value())}")
    typer.echo("query:    SELECT * FROM latest_forecasts   (also forecast_history, leaderboard, pipeline_health)")
    note("`tsflow forecasts`, `tsflow leaderboard` and `tsflow status` show more.")
