"""The command that says whether everything works here, and what to do where it does not."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config

if TYPE_CHECKING:
    from tsflow.cli.checks import Finding

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@command
def doctor(config: Config = CONFIG) -> None:
    """Check versions, configuration, device, database, artifact store and Prefect, each with a remedy."""
    failed = False
    for finding in _findings(config):
        _print(finding)
        failed = failed or finding.level == "fail"
    if failed:
        raise typer.Exit(1)


def _findings(config: Path) -> Iterator["Finding"]:
    """Every check, one by one, so that each is seen when it is done; a wrong one does not stop the others."""
    from tsflow.cli import checks
    from tsflow.config import load_project
    from tsflow.errors import ConfigError

    yield from checks.versions()
    yield checks.flows_package()
    try:
        project = load_project(config)
    except ConfigError as error:
        yield checks.Finding("fail", "configuration", str(error), "correct it, or begin with `tsflow init`")
    else:
        yield checks.Finding("ok", "configuration", f"{Path(config).resolve()}: {', '.join(project.pipelines)}")
        yield checks.architectures(project)
        yield checks.device(project.device)
        yield checks.database(project.database.get_secret_value())
        yield checks.artifacts(project.artifacts)
    yield checks.prefect()


def _print(finding: "Finding") -> None:
    mark = typer.style(f"{finding.level:<4}", fg=_COLOURS[finding.level])
    typer.echo(f"{mark}  {finding.what:<13}  {finding.found}")
    if finding.level != "ok" and finding.remedy:
        typer.echo(f"{'':<21}{finding.remedy}")
