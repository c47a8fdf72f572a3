"""The command that lets go of what the retention does not keep."""

from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, PipelineNames, chosen, project_database
from tsflow.cli.output import note
from tsflow.process import this_process, wall_clock

if TYPE_CHECKING:
    from tsflow.store.prune import Prunable


@command
def prune(
    pipelines: PipelineNames = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would go.")] = False,
    config: Config = CONFIG,
) -> None:
    """Let go of what `retention` does not keep; never the champion, nor what a kept forecast needs."""
    with project_database(config) as (project, engine):
        from tsflow import steps

        names, now = chosen(project, pipelines), wall_clock()
        if dry_run:
            found = steps.prunable(project, engine, names, now=now)
        else:
            found = steps.prune(project, engine, names, now=now, holder=this_process("tsflow prune"))
    for one in found:
        note(f"{one.pipeline}: {_told(one)}" + (" would go" if dry_run else " gone"))


def _told(found: "Prunable") -> str:
    counts = {
        "published slots": len(found.forecasts),
        "models' weights": len(found.models),
        "revisions": found.revisions,
        "quarantined rows": found.quarantine,
        "runs": len(found.runs),
        "replays and backtests": len(found.spaces),
    }
    return ", ".join(f"{count:,} {what}" for what, count in counts.items() if count) or "nothing"
