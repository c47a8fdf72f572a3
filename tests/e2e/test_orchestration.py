"""A schedule, a worker, a server, and what is left when any of them is killed: the same rows as if nothing had been."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL

from tests.orchestra import Orchestra, minutes_until_now
from tests.outcome import outcome
from tests.projects import seasonal

pytestmark = pytest.mark.xdist_group("prefect")

MONTHLY: dict[str, Any] = {
    "source": {"kind": "csv", "path": "months.csv", "columns": {"unique_id": "unique_id"}},
    "frequency": "MS",
    "horizon": 6,
    "clock": "data",
    "architectures": ["gru", "stage"],
    "training": {"min_steps": 60, "max_steps": 60, "search": False, "members": 1},
    "deployment": {"concurrency_limit": None},  # a dead run keeps its place for five minutes: no test waits so long
}
MINUTELY: dict[str, Any] = {
    "source": {"kind": "csv", "path": "minutes.csv"},
    "frequency": "min",
    "horizon": 10,
    "season_length": 15,
    "ended_after": "never",
    "architectures": ["stage"],
    "training": {"min_steps": 20, "max_steps": 20, "search": False, "members": 1},
    "schedule": "* * * * *",
}
KILLS = ("flow", "worker", "both", "server", "connections")


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Any]:
    return {"undisturbed": MONTHLY} | dict.fromkeys(KILLS, MONTHLY) | {"minutely": MINUTELY}


@pytest.fixture(scope="module")
def orchestra(
    tmp_path_factory: pytest.TempPathFactory, postgresql_url: URL, pipelines: dict[str, Any]
) -> Iterator[Orchestra]:
    orchestra = Orchestra(tmp_path_factory.mktemp("orchestra"), postgresql_url, uuid.uuid4().hex[:8])
    try:
        orchestra.folder.joinpath("months.csv").write_text(seasonal().to_csv(index=False))
        orchestra.folder.joinpath("minutes.csv").write_text(minutes_until_now())
        orchestra.configure(pipelines)
        orchestra.start("server")
        orchestra.tsflow("db", "upgrade")
        orchestra.tsflow("deploy")
        orchestra.start("worker")
        yield orchestra
    finally:
        orchestra.stop()


@pytest.fixture(scope="module")
def undisturbed(orchestra: Orchestra) -> dict[str, list[str]]:
    run = orchestra.run("undisturbed")
    orchestra.wait(lambda: orchestra.state(run) == "Completed", "the undisturbed run")
    return outcome(orchestra.engine, "undisturbed")


def test_a_scheduled_run_happens_and_leaves_forecasts(orchestra: Orchestra) -> None:
    rows = "SELECT r.prefect_run_id FROM forecasts f JOIN runs r ON r.id = f.run_id WHERE r.pipeline = 'minutely'"
    found = orchestra.wait(lambda: orchestra.rows(rows), "forecasts of a scheduled run")
    run = orchestra.request("GET", f"/flow_runs/{found[0][0]}")
    assert run["auto_scheduled"]
    slot = orchestra.rows("SELECT slot FROM runs WHERE kind = 'forecast' AND prefect_run_id = :id", id=found[0][0])
    assert run["expected_start_time"].startswith(f"{slot[0][0]:%Y-%m-%dT%H:%M}")
    deployment = orchestra.request("GET", "/deployments/name/pipeline/minutely")
    orchestra.request("POST", f"/deployments/{deployment['id']}/pause_deployment")


@pytest.mark.parametrize("what", KILLS)
def test_whatever_is_killed_the_next_run_leaves_the_same_rows(
    orchestra: Orchestra, undisturbed: dict[str, list[str]], what: str
) -> None:
    run = orchestra.run(what)
    busy = "SELECT 1 FROM models WHERE pipeline = :name AND architecture = 'gru'"
    orchestra.wait(lambda: orchestra.rows(busy, name=what), "a slot in the middle of its retrain")
    if what == "connections":
        orchestra.cut_connections()
    else:
        orchestra.kill(*(("flow", "worker") if what == "both" else (what,)))
    for process in ("server", "worker"):
        if process not in orchestra.processes:
            orchestra.start(process)
    if what in ("both", "worker", "server"):
        orchestra.run(what)  # the next one; after a crash, Prefect runs the same one again
    published = "SELECT 1 FROM runs WHERE pipeline = :name AND kind = 'forecast' AND status = 'succeeded'"
    orchestra.wait(lambda: orchestra.rows(published, name=what), "the slot's forecasts")
    assert outcome(orchestra.engine, what) == undisturbed
    assert orchestra.state(run) != "Scheduled"


def test_deploying_again_changes_only_what_differs(orchestra: Orchestra, pipelines: dict[str, Any]) -> None:
    deployment = orchestra.request("GET", "/deployments/name/pipeline/minutely")
    orchestra.request("POST", f"/deployments/{deployment['id']}/pause_deployment")
    assert changes(orchestra) == set()
    left = {name: settings for name, settings in pipelines.items() if name != "flow"}
    orchestra.configure(left | {"minutely": {**MINUTELY, "schedule": 3600}})
    removed = {f"removed deployment '{flow}/flow'" for flow in ("pipeline", "ingest", "retrain", "forecast")}
    assert changes(orchestra) == removed | {"changed deployment 'pipeline/minutely'"}
    deployment = orchestra.request("GET", "/deployments/name/pipeline/minutely")
    assert [schedule["schedule"]["interval"] for schedule in deployment["schedules"]] == [3600.0]
    assert deployment["paused"]
    assert changes(orchestra) == set()


def changes(orchestra: Orchestra) -> set[str]:
    said = orchestra.tsflow("deploy").splitlines()
    return {line for line in said if line.startswith(("created", "changed", "removed"))}
