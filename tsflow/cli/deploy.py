"""Commands that hand the pipelines to Prefect: to its workers, or to one process here."""

from pathlib import Path
from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.flows_package import require_our_flows
from tsflow.cli.options import CONFIG, Config
from tsflow.cli.output import note
from tsflow.cli.prefect_console import quiet_prefect
from tsflow.process import wall_clock

_Print = Annotated[bool, typer.Option("--print", help="Print it as a prefect.yaml instead, with the path as given.")]


@command
def deploy(print_only: _Print = False, config: Config = CONFIG) -> None:
    """Bring Prefect to what the file says: deployments, schedules, pools, automations. Again: only what changed."""
    from tsflow.config import load_project

    project = load_project(config)
    require_our_flows()
    quiet_prefect()
    if print_only:
        from flows.prefect_file import prefect_file

        typer.echo(prefect_file(project, config), nl=False)
        return
    from flows.deploy import deploy as bring

    _register(config)
    for change in bring(project, config.resolve()):
        note(change)
    note(f"{len(project.pipelines)} pipelines are deployed; a worker runs them: prefect worker start --pool NAME")


@command
def serve(config: Config = CONFIG) -> None:
    """Run all schedules in this process until interrupted, without a worker; for a laptop."""
    from tsflow.config import load_project

    project = load_project(config)
    require_our_flows()
    quiet_prefect()
    from flows import serve as serving

    _register(config)
    with serving.server() as url:
        note(f"Prefect's UI is at {url.removesuffix('/api')}; Ctrl-C ends this and all runs")
        serving.serve(project, config.resolve())


def _register(config: Path) -> None:
    """Tell the database when each pipeline is due, so that one whose first run never comes is late, too."""
    from tsflow.steps import register

    register(str(config), wall=wall_clock())
