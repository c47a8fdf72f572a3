"""The command that opens the dashboard."""

import os
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from tsflow.cli.errors import command
from tsflow.cli.options import CONFIG, Config
from tsflow.cli.output import note
from tsflow.errors import ConfigError

_Host = Annotated[str, typer.Option("--host", help="Address to listen at; 0.0.0.0 is every one of this machine.")]
_Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port to listen at.")]

_OPTIONS = {
    "server.headless": "true",  # opens no browser, asks for no e-mail address
    "server.fileWatcherType": "none",
    "browser.gatherUsageStats": "false",
    "client.toolbarMode": "viewer",
    "client.showErrorDetails": "none",  # a traceback may quote data
    "client.showErrorLinks": "false",
    "theme.light.primaryColor": "#0072b2",
    "theme.dark.primaryColor": "#56b4e9",
}


@command
def dashboard(config: Config = CONFIG, host: _Host = "127.0.0.1", port: _Port = 8501) -> None:
    """Serve the pages over the database; a role that may only read is enough."""
    missing = [name for name in ("streamlit", "plotly") if find_spec(name) is None]
    if missing:
        raise ConfigError(f"{' and '.join(missing)} not installed: pip install 'tsflow[dashboard]'")
    url = _database(config)
    app = Path(__file__).parents[1] / "dashboard" / "app.py"
    options = {**_OPTIONS, "server.address": host, "server.port": str(port)}
    arguments = [f"--{name}={value}" for name, value in options.items()]
    note(f"http://{host}:{port}   (Ctrl+C ends it)")
    os.environ["TSFLOW_DATABASE"] = url
    # In place of this process, so that a signal to it ends the server.
    os.execv(sys.executable, [sys.executable, "-m", "streamlit", "run", str(app), *arguments])


def _database(config: Path) -> str:
    """The project's database; TSFLOW_DATABASE alone is enough where there is no YAML file.

    Raises:
        ConfigError: If there is neither.
    """
    from tsflow.config import load_project

    given = os.environ.get("TSFLOW_DATABASE")
    if given and not config.exists():
        return given
    return load_project(config).database.get_secret_value()
