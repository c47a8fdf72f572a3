"""The flows against a real Prefect server: tasks, names, artifacts, failures."""

import pytest
from torch import nn

from tests.projects import PIPELINE, Small, seasonal
from tsflow.errors import DeviceError, QualityError, SourceError
from tsflow.models.registry import ARCHITECTURES, Architecture, NetworkShape

pytestmark = [pytest.mark.usefixtures("prefect_server"), pytest.mark.xdist_group("prefect")]


def task_runs(flow_run_name: str) -> dict[str, str]:
    """Names and states of the task runs of the last flow run of that name."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterName
    from prefect.client.schemas.sorting import FlowRunSort

    with get_client(sync_client=True) as client:
        wanted = FlowRunFilter(name=FlowRunFilterName(any_=[flow_run_name]))
        run = client.read_flow_runs(flow_run_filter=wanted, sort=FlowRunSort.START_TIME_DESC, limit=1)[0]
        from prefect.client.schemas.filters import TaskRunFilter, TaskRunFilterFlowRunId

        mine = TaskRunFilter(flow_run_id=TaskRunFilterFlowRunId(any_=[run.id]))
        return {task.name: task.state_name for task in client.read_task_runs(task_run_filter=mine)}


def artifact_keys() -> set[str]:
    from prefect.client.orchestration import get_client

    with get_client(sync_client=True) as client:
        found = client.request("POST", "/artifacts/filter", json={}).json()
    return {artifact["key"] for artifact in found if artifact["key"]}


def test_the_pipeline_flow_publishes_with_a_task_for_each_architecture(small: Small) -> None:
    from flows.pipeline import pipeline

    run_id = pipeline("small", config=small.config)
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {run_id}
    states = task_runs("small/now")
    assert set(states.values()) == {"Completed"}
    assert {"ingest small", "train small gru", "train small stage", "decide small", "forecast small 0"} <= set(states)
    assert {"small-quality", "small-leaderboard", "small-decision", "small-forecast", "small-report"} <= artifact_keys()
    assert (small.folder / "reports" / "small.html").read_text().startswith("<!doctype html>")
    lineage = small.rows("SELECT DISTINCT prefect_run_id FROM runs WHERE kind <> 'ingest'")
    assert len(lineage) == 1
    assert lineage[0]["prefect_run_id"]


def test_a_done_slot_is_a_no_op(small: Small) -> None:
    from flows.pipeline import pipeline

    first = pipeline("small", config=small.config)
    before = small.everything(), small.rows("SELECT * FROM leases")
    assert pipeline("small", config=small.config) == first
    assert (small.everything(), small.rows("SELECT * FROM leases")) == before


def test_bad_data_fail_the_flow_without_retries(small: Small) -> None:
    from flows.pipeline import pipeline

    small.write(seasonal().assign(y="garbage"))
    with pytest.raises(QualityError):
        pipeline("small", config=small.config)
    assert small.rows("SELECT count(*) AS n FROM quarantine") == [{"n": 144}]
    assert small.rows("SELECT kind, status, attempt FROM runs") == [
        {"kind": "ingest", "status": "failed", "attempt": 1}
    ]


def test_a_source_that_is_gone_fails_the_flow_and_is_told_once(small: Small) -> None:
    from flows.pipeline import pipeline

    small.source.unlink()
    for _ in range(2):
        with pytest.raises(SourceError):
            pipeline("small", config=small.config)
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "last run failed"}]
    (alert,) = small.rows("SELECT kind, message FROM alerts")
    assert alert["kind"] == "failed"
    assert "no such file" in alert["message"]


def break_gru(small: Small, monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """A network that nobody can make."""

    def broken(_shape: NetworkShape) -> nn.Module:
        raise error

    monkeypatch.setitem(ARCHITECTURES, "gru", Architecture("gru", broken, broken))
    small.configure(architectures=["gru"], training=PIPELINE["training"] | {"search": False})


def test_a_failed_retrain_costs_no_forecast_and_is_told(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.pipeline import pipeline

    break_gru(small, monkeypatch, RuntimeError("no such layer"))
    run_id = pipeline("small", config=small.config)
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {run_id}
    assert task_runs("small/now")["train small gru"] == "Failed"
    (alert,) = small.rows("SELECT kind, message FROM alerts")
    assert alert["kind"] == "failed"
    assert "no candidate could be trained" in alert["message"]
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "last retrain failed"}]


def test_what_is_no_candidates_fault_fails_the_flow(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    from flows.pipeline import pipeline

    break_gru(small, monkeypatch, DeviceError("cuda:7 is not there"))
    with pytest.raises(DeviceError):
        pipeline("small", config=small.config)
    assert small.rows("SELECT kind, status, error FROM runs WHERE kind <> 'ingest'") == [
        {"kind": "retrain", "status": "failed", "error": "cuda:7 is not there"}
    ]
    assert small.rows("SELECT kind, message FROM alerts") == [{"kind": "failed", "message": "cuda:7 is not there"}]


def test_each_step_is_a_flow_of_its_own(small: Small) -> None:
    from flows.forecast import forecast
    from flows.ingest import ingest
    from flows.retrain import retrain

    ingest("small", config=small.config)
    retrain("small", config=small.config)
    run_id = forecast("small", config=small.config)
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {run_id}


@pytest.mark.parametrize("kind", ["threads", "processes", "dask"])
def test_task_runners_give_the_same_forecasts(small: Small, kind: str) -> None:
    from flows.pipeline import pipeline

    query = "SELECT unique_id, ds, y_hat, lo_80, hi_95 FROM latest_forecasts ORDER BY 1, 2"
    pipeline("small", config=small.config)
    here = small.rows(query)
    small.configure_project(task_runner={"kind": kind, "workers": 2})
    pipeline("small", config=small.config, force=True)
    assert small.rows(query) == here
