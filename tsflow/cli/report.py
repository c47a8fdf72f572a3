"""The command that writes a pipeline's report."""

from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, PipelineName, chosen, project_database
from tsflow.process import wall_clock

_Folder = Annotated[
    str | None,
    typer.Option("--output", "-o", metavar="FOLDER", help="Folder or fsspec URL; the project's `reports` else."),
]


@command
def report(pipeline: PipelineName = None, config: Config = CONFIG, output: _Folder = None) -> None:
    """Write a page that needs no network, and a picture of it: forecasts, models, decision, errors, data quality."""
    with project_database(config, pipeline) as (project, engine):
        from tsflow.steps.show.report import write_report

        for name in chosen(project, [pipeline] if pipeline else None):
            folder = output or project.reports
            written = write_report(engine, name, project.pipeline(name), folder=folder, now=wall_clock())
            typer.echo(f"{written.page}\n{written.picture}")
