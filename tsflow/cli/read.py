"""Commands that look at what is in the database and change nothing."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import (
    CONFIG,
    Config,
    Form,
    Format,
    Output,
    PipelineName,
    Series,
    parsed_moment,
    project_database,
)
from tsflow.cli.output import show

if TYPE_CHECKING:
    import pandas as pd

_AsOf = Annotated[
    str | None,
    typer.Option("--as-of", metavar="TIME", help="What a reader saw then: ISO 8601, UTC if it has no zone."),
]
_Resolved = Annotated[bool, typer.Option("--resolved", help="Also the rows that were mended since.")]

_FORECASTS = ["pipeline", "unique_id", "ds", "y_hat", "lo_80", "hi_80", "lo_95", "hi_95", "model", "issued_at"]


@command
def series(
    pipeline: PipelineName = None, config: Config = CONFIG, form: Form = Format.table, output: Output = None
) -> None:
    """The series, each with its first and last observation and how many there are."""
    with project_database(config, pipeline) as (_, engine):
        from tsflow.store import readers

        frame = readers.series(engine, pipeline)
    columns = ["pipeline", "unique_id", "frequency", "first_ds", "last_ds", "observations", "ended"]
    show(frame, form, output, columns=columns, empty="no series yet: `tsflow run` or `tsflow ingest` reads them")


@command
def quarantine(
    pipeline: PipelineName = None,
    *,
    resolved: _Resolved = False,
    config: Config = CONFIG,
    form: Form = Format.table,
    output: Output = None,
) -> None:
    """Rows that were refused, with the reason in words."""
    with project_database(config, pipeline) as (_, engine):
        from tsflow.store import readers

        frame = readers.quarantine(engine, pipeline, resolved=resolved)
    columns = ["pipeline", "unique_id", "ds", "failed_check", "reason", "raw", "last_seen"]
    show(
        frame, form, output, columns=[*columns, "resolved_at"] if resolved else columns, empty="the quarantine is empty"
    )


@command
def leaderboard(
    pipeline: PipelineName = None,
    config: Config = CONFIG,
    explain: Annotated[
        bool, typer.Option("--explain", help="How far back each looks, what it leans on, its cost; textbook's claims.")
    ] = False,
    form: Form = Format.table,
    output: Output = None,
) -> None:
    """The candidates of the last retrain, best first. Losses are scaled pinball losses: lower is better."""
    with project_database(config, pipeline) as (_, engine):
        from tsflow.store import readers

        frame = readers.explained(engine, pipeline) if explain else readers.leaderboard(engine, pipeline)
    if explain:
        _show_explained(frame, form, output)
        return
    columns = [
        "pipeline",
        "architecture",
        "champion",
        "select_loss",
        "tune_loss",
        "seconds",
        "steps",
        "parameters",
        "status",
    ]
    frame["champion"] = frame["champion"].map({1: "yes", 0: ""})
    show(frame, form, output, columns=columns, empty="no retrain yet: `tsflow run` or `tsflow retrain` makes one")


def _show_explained(frame: "pd.DataFrame", form: Format, output: Path | None) -> None:
    """Files get one row per architecture; a terminal gets a table per pipeline, with a column per architecture."""
    import pandas as pd

    from tsflow.reporting.textbook import textbook_lines, textbook_table

    table = textbook_table(frame)
    if output is not None or form is not Format.table or table.empty:
        show(table, form, output, columns=[], empty="nothing is explained yet: `tsflow retrain` does so")
        return
    for name, rows in table.groupby("pipeline"):
        architectures, lines = textbook_lines(rows)
        labels = [f"{line.label}: the textbook" if line.is_claim else f"  {line.label}" for line in lines]
        turned = pd.DataFrame([line.values for line in lines], columns=architectures)
        turned.insert(0, str(name), labels)
        show(turned, form, output, columns=list(turned.columns))


@command
def decisions(
    pipeline: PipelineName = None, config: Config = CONFIG, form: Form = Format.table, output: Output = None
) -> None:
    """How each champion came to be one, that of the newest slot first."""
    with project_database(config, pipeline) as (_, engine):
        from tsflow.store import readers

        frame = readers.decisions(engine, pipeline)
    columns = ["id", "pipeline", "slot", "outcome", "model_id", "reason", "decided_at"]
    show(frame, form, output, columns=columns, empty="no decision yet: `tsflow run` or `tsflow retrain` makes one")


@command
def forecasts(
    pipeline: PipelineName = None,
    *,
    series: Series = None,
    as_of: _AsOf = None,
    config: Config = CONFIG,
    form: Form = Format.table,
    output: Output = None,
) -> None:
    """The current forecasts, or those that a reader saw at some moment."""
    moment = None if as_of is None else parsed_moment(as_of, "--as-of")
    with project_database(config, pipeline) as (_, engine):
        from tsflow.store import readers

        readers.check_series(engine, pipeline, series or ())
        frame = readers.latest_forecasts(engine, pipeline, series, moment)
    empty = "no such forecasts; `tsflow status` says what is published, `tsflow series` which series there are"
    show(frame, form, output, columns=_FORECASTS, empty=empty)
