"""The `tsflow` command: all it can do, in the order of use. Nothing heavy is imported before a command is."""

import typer

from tsflow.cli import (
    backtest,
    dashboard,
    database,
    deploy,
    doctor,
    init,
    past,
    plot,
    prune,
    read,
    report,
    reproduce,
    rollback,
    run,
    status,
    step,
)
from tsflow.cli.errors import EXIT_CODES

_BEGIN, _WORK, _LOOK = "Begin", "Work", "Look"
_EPILOG = "Exit codes: 0 done; 1 something failed; " + "; ".join(f"{code} {what}" for code, what, _ in EXIT_CODES) + "."

app = typer.Typer(
    name="tsflow",
    help="Series in your database, forecasts back in it, by the best of five PyTorch networks.",
    epilog=_EPILOG,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.command(rich_help_panel=_BEGIN)(init.init)
app.command(rich_help_panel=_BEGIN)(doctor.doctor)
app.add_typer(database.app, name="db", rich_help_panel=_BEGIN)
app.command(rich_help_panel=_WORK)(run.run)
app.command(rich_help_panel=_WORK)(deploy.deploy)
app.command(rich_help_panel=_WORK)(deploy.serve)
app.command(rich_help_panel=_WORK)(step.ingest)
app.command(rich_help_panel=_WORK)(step.retrain)
app.command(rich_help_panel=_WORK)(step.forecast)
app.command(rich_help_panel=_WORK)(rollback.rollback)
app.command(rich_help_panel=_WORK)(past.backfill)
app.command(rich_help_panel=_WORK)(past.replay)
app.command(rich_help_panel=_WORK)(prune.prune)
app.command(rich_help_panel=_WORK)(backtest.backtest)
app.command(rich_help_panel=_LOOK)(status.status)
app.command(rich_help_panel=_LOOK)(read.forecasts)
app.command(rich_help_panel=_LOOK)(plot.plot)
app.command(rich_help_panel=_LOOK)(report.report)
app.command(rich_help_panel=_LOOK)(dashboard.dashboard)
app.command(rich_help_panel=_LOOK)(read.series)
app.command(rich_help_panel=_LOOK)(read.quarantine)
app.command(rich_help_panel=_LOOK)(read.leaderboard)
app.command(rich_help_panel=_LOOK)(read.decisions)
app.command(rich_help_panel=_LOOK)(reproduce.reproduce)


def main() -> None:
    """Run the command line; the entry point of the console script."""
    app(prog_name="tsflow")
