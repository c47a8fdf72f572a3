"""The command that draws the current forecasts, and the picture that `tsflow run` leaves."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, PipelineName, Series, chosen, project_database
from tsflow.cli.output import note

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tsflow.config import Pipeline

_Picture = Annotated[
    Path | None,
    typer.Option("--output", "-o", help="File to write; plots/PIPELINE.png beside the YAML file if not given."),
]


@command
def plot(
    pipeline: PipelineName = None, series: Series = None, config: Config = CONFIG, output: _Picture = None
) -> None:
    """Draw the end of the history, the current forecast and its intervals, for at most six series."""
    with project_database(config, pipeline) as (project, engine):
        from tsflow.store.readers import check_series

        check_series(engine, pipeline, series or ())
        names = chosen(project, [pipeline] if pipeline else None)
        for name in names:
            path = output if output and len(names) == 1 else picture_path(config, name)
            if output and len(names) > 1:
                path = output.with_stem(f"{output.stem}-{name}")
            written = draw(engine, name, project.pipeline(name), path, series)
            if written:
                typer.echo(written)
            else:
                note(f"{name}: nothing is published to draw; `tsflow status` says why")


def picture_path(config: Path, pipeline: str) -> Path:
    """Where a pipeline's picture is written unless the person says otherwise."""
    return config.resolve().parent / "plots" / f"{pipeline}.png"


def draw(engine: "Engine", name: str, pipeline: "Pipeline", path: Path, series: list[str] | None = None) -> Path | None:
    """Draw a pipeline's current forecasts; returns the file, or None where none are published."""
    from tsflow.reporting.plot import save_plot
    from tsflow.steps.show.picture import picture

    figure = picture(engine, name, pipeline, series)
    return save_plot(figure, path) if figure else None
