"""Options that several commands share, and what they stand for."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from tsflow.config import Project


class Format(StrEnum):
    """How a command prints what it found."""

    table = "table"
    csv = "csv"
    json = "json"
    parquet = "parquet"


Config = Annotated[
    Path,
    typer.Option("--config", "-c", envvar="TSFLOW_CONFIG", help="The project's YAML file.", show_default=True),
]
CONFIG = Path("tsflow.yaml")
"""Default of ``--config``."""

PipelineName = Annotated[str | None, typer.Argument(metavar="PIPELINE", help="One pipeline; all if not given.")]
PipelineNames = Annotated[list[str] | None, typer.Argument(metavar="PIPELINE", help="All if none is given.")]
Series = Annotated[list[str] | None, typer.Option("--series", help="Only this series; may be given repeatedly.")]
Form = Annotated[Format, typer.Option("--format", "-f", help="How to print; times are UTC.")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write to this file instead of printing.")]


def chosen(project: "Project", names: list[str] | None) -> list[str]:
    """The named pipelines, or all.

    Raises:
        ConfigError: If there is none of a name.
    """
    for name in names or ():
        project.pipeline(name)
    return list(dict.fromkeys(names)) if names else list(project.pipelines)


def parsed_moment(text: str, option: str) -> datetime:
    """An aware moment; UTC if it has no offset.

    Raises:
        ConfigError: If it is no ISO 8601 time, with the option's name.
    """
    moment = parsed_time(text, option)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def parsed_time(text: str, option: str) -> datetime:
    """A time with its offset, if it has one: without, what it means is for the pipeline's clock to say.

    Raises:
        ConfigError: If it is no ISO 8601 time, with the option's name.
    """
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option}: {text!r} is no ISO 8601 time, such as 2024-07-01T06:00+02:00") from None


@contextmanager
def project_database(config: Path, pipeline: str | None = None) -> Iterator[tuple["Project", "Engine"]]:
    """The project and its database, to read from.

    Raises:
        ConfigError: If the file is wrong, or has no such pipeline.
        StoreError: If the database cannot be reached, or has tables of another version.
    """
    from tsflow.config import load_project
    from tsflow.store import migrate
    from tsflow.store.engine import opened

    project = load_project(config)
    if pipeline is not None:
        project.pipeline(pipeline)
    with opened(project.database.get_secret_value()) as engine:
        migrate.check(engine)
        yield project, engine
