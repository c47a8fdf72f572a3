"""The command that says whether all is well, to people and to probes."""

from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config, Form, Format, Output, PipelineName, project_database
from tsflow.cli.output import show
from tsflow.process import wall_clock

if TYPE_CHECKING:
    import pandas as pd

_Check = Annotated[bool, typer.Option("--check", help="Exit with 1 if a pipeline is not well: for cron and probes.")]
_Alert = Annotated[bool, typer.Option("--alert", help="Raise an alert for what is late or missing, once an outage.")]
_COLUMNS = [
    *("pipeline", "state", "last_forecast", "published_slot", "forecast_until", "due_at", "late_seconds"),
    *("waiting_for", "newest_observation", "series", "series_without_forecast", "open_quarantine", "last_error"),
]


@command
def status(
    pipeline: PipelineName = None,
    *,
    check: _Check = False,
    alert: _Alert = False,
    config: Config = CONFIG,
    form: Form = Format.table,
    output: Output = None,
) -> None:
    """Whether each pipeline is well: last success, how late it is by its schedule, what it waits for."""
    with project_database(config, pipeline) as (project, engine):
        from tsflow.store import readers

        health = readers.pipeline_health(engine, pipeline)
        absent = [
            name for name in project.pipelines if name not in set(health["pipeline"]) and pipeline in (None, name)
        ]
    if alert:
        from tsflow.steps import monitor

        monitor(str(config), wall=wall_clock())
    health = _with_absent(health, absent)
    show(health, form, output, columns=_COLUMNS)
    if check and not health["state"].isin(readers.WELL).all():
        raise typer.Exit(1)


def _with_absent(health: "pd.DataFrame", names: list[str]) -> "pd.DataFrame":
    """Add the pipelines that are configured and have never run."""
    first = len(health)
    whole = health.select_dtypes("integer").columns
    rows = health.astype(dict.fromkeys(whole, "Int64")).reindex(range(first + len(names)))
    rows.loc[first:, "pipeline"] = names
    rows.loc[first:, "state"] = "never run"
    return rows
