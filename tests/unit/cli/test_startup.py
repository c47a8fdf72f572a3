import subprocess
import sys

import pytest
import typer.main

from tsflow.cli import app

HEAVY = ("torch", "prefect", "pandas", "sqlalchemy", "numpy", "matplotlib", "alembic")
COMMANDS = ("init", "run", "ingest", "retrain", "forecast", "status", "series", "quarantine", "leaderboard",
            "decisions", "rollback", "deploy", "serve",
            "backfill", "replay", "backtest", "prune",
            "reproduce", "forecasts", "plot", "report", "dashboard", "db", "doctor")  # fmt: skip


def fresh(code: str) -> str:
    """What a new interpreter prints."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["db", "upgrade", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    code = f"""
import sys
from tsflow.cli import app
try:
    app({arguments!r}, prog_name="tsflow")
except SystemExit:
    pass
print([name for name in {HEAVY!r} if name in sys.modules])
"""
    assert fresh(code).splitlines()[-1] == "[]"


def test_init_needs_neither_torch_nor_prefect_nor_the_store(tmp_path: object) -> None:
    code = f"""
import sys
from tsflow.cli import app
try:
    app(["init", "--config", {str(tmp_path)!r} + "/tsflow.yaml"], prog_name="tsflow")
except SystemExit:
    pass
print([name for name in ("torch", "prefect", "pandas", "sqlalchemy") if name in sys.modules])
"""
    assert fresh(code).splitlines()[-1] == "[]"


def test_every_command_is_there_and_says_what_it_does() -> None:
    group = typer.main.get_command(app)
    assert set(group.commands) == set(COMMANDS)
    assert all(command.help for command in group.commands.values())
    assert all(command.help for command in group.commands["db"].commands.values())


def test_every_option_says_what_it_does() -> None:
    group = typer.main.get_command(app)
    commands = {**group.commands, **group.commands["db"].commands}
    silent = [
        (name, parameter.name)
        for name, command in commands.items()
        for parameter in command.params
        if not parameter.help
    ]
    assert silent == []
