"""How errors of a command are shown, and what its exit code says."""

import inspect
import sys
from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Annotated, Any

import typer

from tsflow.errors import (
    ArtifactError,
    ConfigError,
    DataError,
    DeviceError,
    FrequencyError,
    QualityError,
    SourceError,
    StoreError,
    TsflowError,
)

EXIT_CODES: tuple[tuple[int, str, tuple[type[TsflowError], ...]], ...] = (
    (
        2,
        "the command line, the configuration or the device is wrong",
        (ConfigError, FrequencyError, DeviceError),
    ),
    (3, "the source or its data cannot be used", (SourceError, QualityError, DataError)),
    (4, "the database or the artifact store refused, or a retry may help", (StoreError, ArtifactError)),
)
"""Code, what it means, and the errors that have it. Transient errors have 4, all others 1."""

_traceback_wanted: ContextVar[bool] = ContextVar("traceback_wanted", default=False)
_Traceback = Annotated[bool, typer.Option("--traceback", help="Show where an error comes from.")]


def exit_code(error: BaseException) -> int:
    """The exit code of an error."""
    if isinstance(error, TsflowError) and error.transient:
        return 4
    return next((code for code, _, kinds in EXIT_CODES if isinstance(error, kinds)), 1)


def command(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the option ``--traceback``, and show its errors without one unless it is asked for."""

    @wraps(function)
    def run(*, traceback: bool, **arguments: Any) -> None:
        _traceback_wanted.set(traceback)
        try:
            function(**arguments)
        except (typer.Exit, typer.Abort, typer.BadParameter, BrokenPipeError):
            raise
        except Exception as error:
            show_error(error)
            raise typer.Exit(exit_code(error)) from None

    option = inspect.Parameter("traceback", inspect.Parameter.KEYWORD_ONLY, default=False, annotation=_Traceback)
    signature = inspect.signature(function)
    run.__signature__ = signature.replace(parameters=[*signature.parameters.values(), option])  # type: ignore[attr-defined]
    run.__annotations__ = {**function.__annotations__, "traceback": _Traceback}
    return run


def show_error(error: BaseException) -> None:
    """Print an error to stderr, in red on a terminal; passwords in URLs are masked.

    One that we did not foresee is called so. Its traceback comes first where ``--traceback`` asks for it.
    """
    from traceback import format_exception

    from tsflow.cli.output import note
    from tsflow.config.secrets import masked

    if _traceback_wanted.get():
        sys.stderr.write(masked("".join(format_exception(error))))
    if isinstance(error, TsflowError):
        note(masked(str(error)), style="red")
        return
    note(masked(f"unforeseen {type(error).__name__}: {error}"), style="red")
    note("This is a fault of tsflow, or of what it stands on: --traceback shows where.")
