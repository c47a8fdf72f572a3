"""A Prefect server on PostgreSQL, a worker and a deployed project: real processes, to be watched and killed."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import yaml
from sqlalchemy import URL, NullPool, create_engine, text

PATIENCE = 420.0
"""Seconds that anything may take on a busy machine."""
_OURS = "tests"
"""The name of the connection that is not cut."""


@dataclass
class Orchestra:
    """Everything of one installation; each process has its own group, so that it can be killed whole."""

    folder: Path
    server_url: URL
    """PostgreSQL, in which two databases are made: Prefect's and tsflow's."""
    name: str
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        with create_engine(self.server_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            for database in (self.database, self.prefect_database):
                connection.execute(text(f"CREATE DATABASE {database}"))
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.engine = create_engine(self.server_url.set(database=self.database), poolclass=NullPool)

    @property
    def database(self) -> str:
        return f"tsflow_{self.name}"

    @property
    def prefect_database(self) -> str:
        return f"prefect_{self.name}"

    @property
    def api(self) -> str:
        return f"http://127.0.0.1:{self.port}/api"

    @property
    def config(self) -> Path:
        return self.folder / "tsflow.yaml"

    @property
    def environment(self) -> dict[str, str]:
        prefect = self.server_url.set(drivername="postgresql+asyncpg", database=self.prefect_database)
        return {
            **os.environ,
            "OMP_NUM_THREADS": "1",
            "PYTHONPATH": str(Path(__file__).parents[1]),
            "PREFECT_HOME": str(self.folder / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_API_DATABASE_CONNECTION_URL": prefect.render_as_string(hide_password=False),
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
            "PREFECT_SERVER_SERVICES_SCHEDULER_LOOP_SECONDS": "5",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_LOGGING_LEVEL": "INFO",
            "DO_NOT_TRACK": "1",
        }

    def configure(self, pipelines: dict[str, Any]) -> None:
        """Write the project's file."""
        url = self.server_url.set(database=self.database).render_as_string(hide_password=False)
        document = {"database": url, "artifacts": str(self.folder / "artifacts"), "device": "cpu"}
        self.config.write_text(yaml.safe_dump({**document, "pipelines": pipelines}))

    def tsflow(self, *arguments: str) -> str:
        """Run a command to its end; returns what it said."""
        command = [sys.executable, "-c", "from tsflow.cli import main; main()", *arguments, "-c", str(self.config)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(self, what: str) -> None:
        """Start the "server" or the "worker", again if it was killed."""
        arguments = {
            "server": ["server", "start", "--host", "127.0.0.1", "--port", str(self.port)],
            "worker": ["worker", "start", "--pool", "tsflow", "--type", "process"],
        }[what]
        with (self.folder / f"{what}.log").open("ab") as log:
            self.processes[what] = subprocess.Popen(
                [sys.executable, "-m", "prefect", *arguments],
                env=self.environment,
                cwd=self.folder,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        if what == "server":
            self.wait(lambda: httpx.get(f"{self.api}/health", timeout=5).is_success, "the server's health")

    def flow_processes(self, run: str | None = None) -> list[psutil.Process]:
        """The processes of one flow run or of all: the worker's children, also those whose worker is gone."""
        found = []
        for process in psutil.process_iter(["environ", "cmdline"]):
            environ = process.info["environ"] or {}
            found_run = environ.get("PREFECT__FLOW_RUN_ID")
            if environ.get("PREFECT_API_URL") == self.api and found_run and run in (None, found_run):
                found.append(process)
        return found

    def kill(self, *whats: str, flows: Collection[str] = ()) -> None:
        """SIGKILL the "worker", the "server" and the processes of flow runs, all at once."""
        victims = [process.pid for run in flows for process in self.flow_processes(run)]
        assert len(victims) >= len(flows), "a flow run without a process"
        ended = [self.processes.pop(what) for what in whats]
        for pid in (*victims, *(process.pid for process in ended)):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for process in ended:
            process.wait()

    @contextmanager
    def held_in_retrain(self) -> Iterator[None]:
        """Nobody can write a score meanwhile: a retrain that has begun does not come to its end."""
        with self.engine.begin() as connection:
            connection.execute(text(f"SET application_name = '{_OURS}'"))
            connection.execute(text("LOCK TABLE scores IN SHARE MODE"))
            yield

    def cut_connections(self) -> None:
        """End every connection to tsflow's database but the one that holds retrains."""
        query = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"
        with create_engine(self.server_url, poolclass=NullPool).connect() as connection:
            cut = connection.execute(
                text(f"{query} AND application_name <> :ours"), {"name": self.database, "ours": _OURS}
            )
            assert cut.all(), "no connection to cut"

    def request(self, method: str, path: str, **arguments: Any) -> Any:
        """Ask the server's API."""
        response = httpx.request(method, f"{self.api}{path}", timeout=30, **arguments)
        response.raise_for_status()
        return response.json() if response.content else None

    def run(self, pipeline: str, **parameters: Any) -> str:
        """Ask for a run of a deployment; returns the flow run's id."""
        deployment = self.request("GET", f"/deployments/name/pipeline/{pipeline}")
        body = {"state": {"type": "SCHEDULED"}, "parameters": deployment["parameters"] | parameters}
        return str(self.request("POST", f"/deployments/{deployment['id']}/create_flow_run", json=body)["id"])

    def state(self, flow_run: str) -> str:
        """The state's name of a flow run."""
        return str(self.request("GET", f"/flow_runs/{flow_run}")["state"]["name"])

    def runs(self, **filters: Any) -> list[dict[str, Any]]:
        """The flow runs that a filter of Prefect's API finds."""
        found: list[dict[str, Any]] = self.request("POST", "/flow_runs/filter", json={"flow_runs": filters})
        return found

    def rows(self, query: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Ask tsflow's database."""
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query), parameters)]

    def wait(self, condition: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
        """Poll until a condition holds; what does not answer meanwhile does not count as an answer."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                found = condition()
            except httpx.HTTPError:
                found = None
            if found:
                return found
            time.sleep(0.3)
        raise AssertionError(f"{what}: not seen in {seconds:g} s\n{self.log()}")

    def log(self) -> str:
        """The last lines of server and worker."""
        return "\n".join(file.read_text(errors="replace")[-3000:] for file in self.folder.glob("*.log"))

    def stop(self) -> None:
        """Kill what is left and drop the databases."""
        self.kill(*self.processes)
        for process in self.flow_processes():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self.engine.dispose()
        with create_engine(self.server_url, poolclass=NullPool, isolation_level="AUTOCOMMIT").connect() as connection:
            for database in (self.database, self.prefect_database):
                connection.execute(text(f"DROP DATABASE {database} WITH (FORCE)"))


def minutes_until_now(rows: int = 600) -> str:
    """A CSV of one series with a value each minute up to the present one."""
    last = datetime.now(UTC).replace(second=0, microsecond=0).timestamp()
    stamps = [datetime.fromtimestamp(last - 60 * back, UTC) for back in range(rows)][::-1]
    return "ds,y\n" + "".join(f"{stamp:%Y-%m-%dT%H:%M:%SZ},{50 + 20 * (stamp.minute % 15)}\n" for stamp in stamps)
