"""All schedules in one process, for a laptop: a Prefect server if there is none, and no worker."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import prefect
from prefect.settings import PREFECT_API_URL, temporary_settings
from tenacity import retry, retry_if_exception_type, stop_after_delay, wait_fixed

from flows.deploy import deploy
from flows.deployments import ENVIRONMENT, deployments
from tsflow.config import Project


def serve(project: Project, config: Path) -> None:
    """Run whatever the schedules or people ask for, until interrupted; each run is a process of its own."""
    os.environ.update({name: value for name, value in ENVIRONMENT.items() if name not in os.environ})
    deploy(project, config, pooled=False)
    prefect.serve(*deployments(project, config, pooled=False), pause_on_shutdown=False, print_starting_message=False)


@contextmanager
def server() -> Iterator[str]:
    """The address of the configured Prefect server's API, or of one that lives as long as the block.

    Raises:
        httpx.HTTPError: If our own server does not come up in two minutes.
    """
    configured = PREFECT_API_URL.value()
    if configured:
        yield configured
        return
    port = _free_port()
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    url = f"http://127.0.0.1:{port}/api"
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _wait_for(url)
            os.environ["PREFECT_API_URL"] = url  # for the processes of the runs
            with temporary_settings({PREFECT_API_URL: url}):
                yield url
        finally:
            process.terminate()


@retry(retry=retry_if_exception_type(httpx.HTTPError), wait=wait_fixed(0.5), stop=stop_after_delay(120), reraise=True)
def _wait_for(url: str) -> None:
    httpx.get(f"{url}/health", timeout=2).raise_for_status()


def _free_port() -> int:
    """Prefect's own port, if it is free."""
    for port in (4200, 0):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise AssertionError("port 0 is always free")
