"""More than one machine: Dask workers that share nothing but PostgreSQL and the artifact URL."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from distributed import Client

from tests.projects import WALL, Small, seasonal
from tests.waiting import wait_for
from tsflow import steps
from tsflow.config import TaskRunner
from tsflow.steps import Planned, Ticket, open_job

ROOT = Path(__file__).parents[2]
ROWS = "SELECT unique_id, ds, y_hat, lo_80, hi_95, source FROM latest_forecasts ORDER BY unique_id, ds"


@dataclass(frozen=True)
class Cluster:
    """A scheduler, and workers that each have a folder and a copy of the configuration of their own."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    @property
    def address(self) -> str:
        address: str = json.loads((self.folder / "scheduler.json").read_text())["address"]
        return address

    def start(self, name: str, program: str, *arguments: str, **environment: str) -> None:
        folder = self.folder / name
        folder.mkdir()
        command = [sys.executable, "-m", f"distributed.cli.{program}", "--host", "127.0.0.1", "--no-dashboard"]
        with (folder / "log").open("wb") as log:
            self.processes[name] = subprocess.Popen(
                [*command, *arguments, "--scheduler-file", str(self.folder / "scheduler.json")],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
                stdout=log,
                stderr=log,
            )


@pytest.fixture
def small(tmp_path: Path, postgresql_database_url: str, s3_bucket: str, monkeypatch: pytest.MonkeyPatch) -> Small:
    """Two monthly series in PostgreSQL; models are kept in a bucket."""
    monkeypatch.setenv("TSFLOW_ARTIFACTS", f"{s3_bucket}/models")
    project = Small(tmp_path / "flow", postgresql_database_url)
    project.folder.mkdir()
    project.configure_project(task_runner={"shard": 1})
    project.write(seasonal())
    return project


@pytest.fixture
def cluster(small: Small, tmp_path: Path) -> Iterator[Cluster]:
    """Two workers, of which one declares a GPU."""
    made = Cluster(tmp_path)
    try:
        made.start("scheduler", "dask_scheduler", "--port", "0")
        wait_for((tmp_path / "scheduler.json").exists, "the scheduler")
        for name, resource in (("plain", "CPU=1"), ("gpu", "GPU=1")):
            copy = shutil.copy(small.config, tmp_path / f"{name}.yaml")
            options = ("--name", name, "--nthreads", "1", "--no-nanny", "--resources", resource)
            made.start(name, "dask_worker", *options, TSFLOW_CONFIG=str(copy))
        yield made
    finally:
        for process in made.processes.values():
            process.kill()
            process.wait()


def plan_retrain(ticket: Ticket) -> Planned | steps.Skipped:
    with open_job(ticket) as job:
        return steps.plan_retrain(job)


def choose_recipes(ticket: Ticket, run_id: int) -> int:
    with open_job(ticket) as job:
        return len(steps.choose_recipes(job, run_id))


def train(ticket: Ticket, run_id: int, architecture: str, begun: Path, go: Path) -> tuple[int, str]:
    """Say that it has begun, wait for the word to go on, train; returns the model's id and the worker's folder."""
    begun.touch()
    wait_for(go.exists, "the word to go on")
    with open_job(ticket) as job:
        return steps.train_candidate(job, run_id, architecture), Path.cwd().name


def decide(ticket: Ticket, run_id: int) -> int:
    with open_job(ticket) as job:
        return steps.decide(job, run_id)


def forecast(ticket: Ticket) -> int:
    with open_job(ticket) as job:
        return steps.forecast(job)


def test_a_slot_survives_the_death_of_a_worker(small: Small, cluster: Cluster, tmp_path: Path) -> None:
    small.run()
    alone, go = small.rows(ROWS), tmp_path / "go"
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
        Client(cluster.address, set_as_default=False) as client,
    ):
        Path(small.config).unlink()  # as another machine sees it: its copy is elsewhere
        client.wait_for_workers(2)
        planned = client.submit(plan_retrain, ticket).result()
        client.submit(choose_recipes, ticket, planned.run_id).result()
        begun = {name: tmp_path / f"{name} has begun" for name in planned.architectures}
        models = [client.submit(train, ticket, planned.run_id, name, file, go) for name, file in begun.items()]
        wait_for(lambda: all(file.exists() for file in begun.values()), "both workers")
        cluster.processes["plain"].kill()
        go.touch()
        assert {where for _, where in client.gather(models)} == {"gpu"}
        client.submit(decide, ticket, planned.run_id).result()
        run_id = client.submit(forecast, ticket).result()
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {run_id}
    assert small.rows(ROWS) == alone


def test_what_trains_goes_to_the_workers_that_declare_the_resource(cluster: Cluster) -> None:
    from flows.runner import training

    setting = TaskRunner(kind="dask", address=cluster.address, training_resources={"GPU": 1})
    with Client(cluster.address, set_as_default=False) as client:
        client.wait_for_workers(2)
        with training(setting):
            where = [client.submit(os.getpid, key=f"pid-{number}", pure=False) for number in range(4)]
        assert set(client.gather(where)) == {cluster.processes["gpu"].pid}
