"""What Prefect says on the terminal of `tsflow run`: warnings, but neither chatter nor tracebacks."""

import logging
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_SERVERS_CONSOLE = "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL"
"""Least level that a process shows, which the server inherits; whatever the environment says already goes first."""


def quiet_prefect() -> None:
    """Import Prefect and keep its console to warnings; what it tells a server stays whole.

    An error of a flow or a task is raised to the command, which shows it once, and with a traceback if asked.
    """
    os.environ.setdefault("PREFECT_LOGGING_LEVEL", "WARNING")  # Prefect reads it when it is imported
    import flows  # noqa: F401 - sets Prefect's other defaults, which must come first as well

    _configure()


def start_temporary_server() -> None:
    """Start Prefect's temporary server, if one is needed, and keep it off the terminal.

    Left in the middle of a request, it logs tracebacks. The tasks' own processes may go on to say what they have to.
    A terminal interrupts it together with us, but a run that is interrupted needs it to the end: it is started with the
    signal blocked, and ended by another.
    """
    from prefect.server.api.server import SubprocessASGIServer
    from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE

    if PREFECT_API_URL.value() or not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value():
        return
    before = os.environ.get(_SERVERS_CONSOLE)
    os.environ.setdefault(_SERVERS_CONSOLE, "CRITICAL")
    try:
        with _uninterrupted():
            SubprocessASGIServer().start()
    finally:
        if before is None:
            del os.environ[_SERVERS_CONSOLE]


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Block a terminal's interrupt, which comes when the block is over, and for good in the processes started in it."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _configure() -> None:
    from prefect.logging.configuration import setup_logging
    from prefect.logging.handlers import PrefectConsoleHandler

    setup_logging()
    for handler in logging.getLogger().handlers:
        if isinstance(handler, PrefectConsoleHandler):
            handler.addFilter(_not_shown_otherwise)


def _not_shown_otherwise(record: logging.LogRecord) -> bool:
    """Neither tracebacks nor alerts: whoever sits at the terminal is told by the command itself."""
    return record.exc_info is None and record.name != "tsflow.alerts"
