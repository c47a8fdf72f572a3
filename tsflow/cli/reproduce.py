"""The command that makes a past forecast again."""

from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, project_database
from tsflow.cli.output import note


@command
def reproduce(
    run: Annotated[int, typer.Argument(help="Number of a forecast run: run_id in `tsflow forecasts -f csv`.")],
    config: Config = CONFIG,
) -> None:
    """Make a past forecast again from the data, settings and weights of then; says equal, or what differs."""
    with project_database(config) as (project, engine):
        from tsflow.steps.past.reproduce import reproduce as again

        found = again(project, engine, run, config=str(config))
    slot, rounding = f"{found.run.slot:%Y-%m-%d %H:%M}", f"within rounding ({found.largest:.1g} of the largest value)"
    note(f"run {run}: {found.run.pipeline}, slot {slot}, data as of {found.run.data_as_of:%Y-%m-%d %H:%M:%S} UTC")
    for line in found.changed:
        note(f"changed since: {line}")
    for line in found.differences:
        note(f"differs: {line}", style="red")
    if not found.equal:
        raise typer.Exit(1)
    typer.echo(f"equal: {found.rows:,} rows, {rounding if found.largest else 'to the last bit'}")
