"""A schedule, a worker, a server, and what is left when any of them is killed: the same rows as if nothing had been."""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import URL

from tests.orchestra import Orchestra, minutes_until_now
from tests.outcome import outcome
from tests.projects import seasonal

# Some waits are as long as Prefect takes to notice a silence: the limit for a test that hangs is beyond them all.
pytestmark = [pytest.mark.xdist_group("prefect"), pytest.mark.timeout(1800)]

FAST: dict[str, Any] = {
    "architectures": ["stage"],
    "training": {"min_steps": 20, "max_steps": 20, "search": False, "members": 1},
    "deployment": {"concurrency_limit": None},  # a dead run keeps its place for five minutes: no test waits so long
}
MONTHLY: dict[str, Any] = {
    **FAST,
    "source": {"kind": "csv", "path": "months.csv", "columns": {"unique_id": "unique_id"}},
    "frequency": "MS",
    "horizon": 6,
    "clock": "data",
}
MINUTELY: dict[str, Any] = {
    **FAST,
    "source": {"kind": "csv", "path": "minutes.csv"},
    "frequency": "min",
    "horizon": 10,
    "season_length": 15,
    "ended_after": "never",
    "schedule": "*/2 * * * *",  # where a run starts more than its period late, a newer one is due: all are stale
}
KILLS = ("worker", "both", "flow", "connections")


@pytest.fixture(scope="module")
def pipelines() -> dict[str, Any]:
    return dict.fromkeys(("undisturbed", *KILLS, "server"), MONTHLY) | {"minutely": MINUTELY}


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
def undisturbed(orchestra: Orchestra) -> str:
    """A run before anything is killed."""
    return orchestra.run("undisturbed")


@pytest.fixture(scope="module")
def killed(orchestra: Orchestra, undisturbed: str) -> dict[str, str]:
    """A run for each thing that is killed, which happened when the run was in the middle of its retrain."""
    orchestra.wait(lambda: orchestra.state(undisturbed) == "Completed", "the undisturbed run")
    with orchestra.held_in_retrain():
        first = start(orchestra, "worker", "both")
        orchestra.kill("worker", flows=[first["both"]])
        orchestra.start("worker")
    with orchestra.held_in_retrain():
        second = start(orchestra, "flow", "connections")
        orchestra.cut_connections()
        orchestra.kill(flows=[second["flow"]])
    return first | second


def start(orchestra: Orchestra, *pipelines: str) -> dict[str, str]:
    """Runs of pipelines, each of which has come to its retrain."""
    runs = {pipeline: orchestra.run(pipeline) for pipeline in pipelines}
    begun = "SELECT 1 FROM runs WHERE pipeline = :name AND kind = 'retrain'"
    for pipeline in pipelines:
        orchestra.wait(lambda name=pipeline: orchestra.rows(begun, name=name), f"a retrain of {pipeline}")
    return runs


@pytest.mark.parametrize("what", KILLS)
def test_whatever_is_killed_the_run_completes_and_leaves_the_same_rows(
    orchestra: Orchestra, killed: dict[str, str], what: str
) -> None:
    orchestra.wait(lambda: orchestra.state(killed[what]) == "Completed", "the end of the run that was struck")
    assert outcome(orchestra.engine, what) == outcome(orchestra.engine, "undisturbed")


def test_a_run_outlives_the_server(orchestra: Orchestra, killed: dict[str, str]) -> None:
    for what, run in killed.items():  # a server forgets which crash it has to see to
        orchestra.wait(lambda run=run: orchestra.state(run) == "Completed", f"the end of the run of {what}")
    with orchestra.held_in_retrain():
        (run,) = start(orchestra, "server").values()
        orchestra.kill("server")
        orchestra.start("server")
    orchestra.wait(lambda: orchestra.state(run) == "Completed", "the end of the run that lost its server")
    assert outcome(orchestra.engine, "server") == outcome(orchestra.engine, "undisturbed")


def test_a_scheduled_run_happens_and_leaves_forecasts(orchestra: Orchestra) -> None:
    rows = "SELECT r.prefect_run_id FROM forecasts f JOIN runs r ON r.id = f.run_id WHERE r.pipeline = 'minutely'"
    found = orchestra.wait(lambda: orchestra.rows(rows), "forecasts of a scheduled run")
    run = orchestra.request("GET", f"/flow_runs/{found[0][0]}")
    assert run["auto_scheduled"]
    slot = orchestra.rows("SELECT slot FROM runs WHERE kind = 'forecast' AND prefect_run_id = :id", id=found[0][0])
    assert run["expected_start_time"].startswith(f"{slot[0][0]:%Y-%m-%dT%H:%M}")


def test_deploying_again_changes_only_what_differs(orchestra: Orchestra, pipelines: dict[str, Any]) -> None:
    pause(orchestra)
    assert changes(orchestra) == set()
    left = {name: settings for name, settings in pipelines.items() if name != "flow"}
    orchestra.configure(left | {"minutely": {**MINUTELY, "schedule": 3600}})
    removed = {f"removed deployment '{flow}/flow'" for flow in ("pipeline", "ingest", "retrain", "forecast")}
    assert changes(orchestra) == removed | {"changed deployment 'pipeline/minutely'"}
    deployment = orchestra.request("GET", "/deployments/name/pipeline/minutely")
    assert [schedule["schedule"]["interval"] for schedule in deployment["schedules"]] == [3600.0]
    assert deployment["paused"]
    assert changes(orchestra) == set()


def pause(orchestra: Orchestra) -> None:
    """Pause the schedule; the server deletes the runs that it had put down."""
    deployment = orchestra.request("GET", "/deployments/name/pipeline/minutely")
    orchestra.request("POST", f"/deployments/{deployment['id']}/pause_deployment")


def changes(orchestra: Orchestra) -> set[str]:
    said = orchestra.tsflow("deploy").splitlines()
    return {line for line in said if line.startswith(("created", "changed", "removed"))}
