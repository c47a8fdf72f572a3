"""`flows` is a common name: whether the package that would be imported is ours."""

from importlib.util import find_spec
from pathlib import Path

import tsflow
from tsflow.errors import ConfigError

REMEDY = "rename the other one, or start from another folder and without it on PYTHONPATH"


def foreign_flows() -> str | None:
    """Where the package `flows` comes from that is not ours; None if it is ours."""
    ours = Path(tsflow.__file__).resolve().parents[1] / "flows" / "__init__.py"
    spec = find_spec("flows")
    if spec is None:
        return "nowhere"
    place = spec.origin or next(iter(spec.submodule_search_locations or ()), "somewhere")
    return None if Path(place).resolve() == ours else place


def require_our_flows() -> None:
    """Return if `flows` is ours.

    Raises:
        ConfigError: If another package of that name stands before it.
    """
    foreign = foreign_flows()
    if foreign is not None:
        raise ConfigError(f"the package `flows` is imported from {foreign}, which is not tsflow's: {REMEDY}")
