"""tsflow: series in your database, forecasts back in it, on a schedule.

In a notebook, a project is what `tsflow.yaml` says, and a frame needs none:

    import tsflow

    pipeline = tsflow.Project.load("tsflow.yaml").pipeline("sales")
    pipeline.run()
    pipeline.forecasts()

    tsflow.fit(frame, horizon=12, frequency="MS").forecast()

Nothing heavy is imported before one of these names is used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tsflow.api import Fit, Pipeline, Project, fit
    from tsflow.errors import TsflowError

__version__ = "0.1.0"

__all__ = ["Fit", "Pipeline", "Project", "TsflowError", "__version__", "fit"]

_PLACES = {"Fit": "api", "Pipeline": "api", "Project": "api", "TsflowError": "errors", "fit": "api"}


def __getattr__(name: str) -> Any:
    """Import a public name where it is first used (PEP 562)."""
    if name not in _PLACES:
        raise AttributeError(f"module 'tsflow' has no attribute {name!r}")
    return getattr(import_module(f"tsflow.{_PLACES[name]}"), name)


def __dir__() -> list[str]:
    return sorted(__all__)
