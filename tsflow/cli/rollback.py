"""The command that gives the alias back to an earlier champion."""

from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, project_database
from tsflow.cli.output import note
from tsflow.process import wall_clock


@command
def rollback(
    pipeline: Annotated[str, typer.Argument(help="Pipeline whose champion is to go.")],
    config: Config = CONFIG,
) -> None:
    """Make the previous champion the champion again; run it again to go further back."""
    with project_database(config, pipeline) as (_, engine):
        from tsflow.process import this_process
        from tsflow.store import decisions, leases, models

        with leases.hold(engine, pipeline, leases.LIVE, holder=this_process("tsflow rollback")) as fence:
            decision = decisions.rollback(
                engine,
                fence,
                now=wall_clock(),
                reason="asked for by `tsflow rollback`",
            )
        model = models.champion(engine, pipeline, leases.LIVE)
    name = f"model {decision.model_id}" + (f" ({model.architecture})" if model else "")
    note(f"{pipeline}: the champion is {name} again; `tsflow forecast {pipeline}` publishes its forecasts")
