"""Checks of what is installed: versions, which `flows`, Prefect."""

import os
import platform
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

from tsflow.cli.checks.finding import Finding
from tsflow.cli.flows_package import REMEDY, foreign_flows

_SHOWN = ("torch", "prefect", "fastapi", "sqlalchemy", "pandas", "pandera", "alembic")
_SECONDS = 5.0


def versions() -> Iterator[Finding]:
    """Python and the libraries whose versions matter, against the ranges that tsflow asks for."""
    yield Finding("ok", "python", f"{platform.python_version()} on {platform.system()} {platform.machine()}")
    ranges = _ranges()
    if not ranges:
        found = "not installed as a package, so the ranges of versions that work are not known"
        yield Finding("warn", "tsflow", found, "pip install tsflow, or `pip install -e .` in its repository")
    for name in _SHOWN:
        yield _version(name, ranges.get(name))


def flows_package() -> Finding:
    """Whether the package `flows` that would be imported is ours."""
    foreign = foreign_flows()
    if foreign is None:
        return Finding("ok", "flows", "tsflow's own")
    return Finding("fail", "flows", f"imported from {foreign}, which is not tsflow's", REMEDY)


def prefect() -> Finding:
    """Whether flows have a server: the configured one, or a temporary one that can be started."""
    if foreign_flows() is not None:
        return Finding("warn", "prefect", "not looked at, for `flows` is not ours", REMEDY)
    import_module("flows")  # it sets Prefect's defaults, which count at Prefect's first import
    from prefect.settings import PREFECT_API_URL, PREFECT_SERVER_ALLOW_EPHEMERAL_MODE

    url = PREFECT_API_URL.value()
    if url:
        return _server(url)
    if not PREFECT_SERVER_ALLOW_EPHEMERAL_MODE.value():
        remedy = "set PREFECT_API_URL to a server, or PREFECT_SERVER_ALLOW_EPHEMERAL_MODE=true"
        return Finding("fail", "prefect", "no server is configured and a temporary one is not allowed", remedy)
    return _temporary_server()


def _ranges() -> dict[str, Requirement]:
    """What tsflow asks for, by name; nothing where it runs from a folder that was never installed."""
    try:
        texts = requires("tsflow") or []
    except PackageNotFoundError:
        return {}
    wanted = [Requirement(text) for text in texts]
    return {one.name: one for one in wanted if one.marker is None}


def _version(name: str, wanted: Requirement | None) -> Finding:
    remedy = f"pip install '{wanted or name}'"
    try:
        found = version(name)
    except PackageNotFoundError:
        return Finding("fail", name, "not installed", remedy)
    if wanted is None or wanted.specifier.contains(found, prereleases=True):
        return Finding("ok", name, found)
    return Finding("fail", name, f"{found} does not work; wanted: {wanted.specifier}", remedy)


def _server(url: str) -> Finding:
    import httpx

    try:
        answer = httpx.get(f"{url.rstrip('/')}/health", timeout=_SECONDS)
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        remedy = "start it (`prefect server start`), or unset PREFECT_API_URL for a temporary one"
        return Finding("fail", "prefect", f"{url} does not answer: {error}", remedy)
    return Finding("ok", "prefect", f"server at {url}")


def _temporary_server() -> Finding:
    """Whether the server can be imported and has a folder to write to: starting it would take 6 to 23 s."""
    from prefect.settings import PREFECT_HOME

    home = Path(PREFECT_HOME.value())
    there = next(folder for folder in (home, *home.parents) if folder.exists())
    if not os.access(there, os.W_OK):
        return Finding("fail", "prefect", f"{home} cannot be written to", "set PREFECT_HOME to a folder that can")
    try:
        import prefect.server.api.server  # noqa: F401
    except Exception as error:  # a version that does not fit fails in many ways
        remedy = "install the versions in constraints.txt"
        return Finding("fail", "prefect", f"its server cannot be imported: {error}", remedy)
    return Finding("ok", "prefect", f"no server configured: a run starts a temporary one (data in {home})")
