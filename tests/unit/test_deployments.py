"""What is asked of Prefect, without a server."""

import asyncio
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from tests.projects import PIPELINE, Small
from tsflow.cli import app
from tsflow.config import Project, load_project, times_after

ROOT = Path(__file__).parents[2]


def test_the_committed_file_is_that_of_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    made = CliRunner().invoke(app, ["deploy", "--print"])
    assert made.exit_code == 0, made.output
    committed = (ROOT / "deployments" / "prefect.yaml").read_text("utf-8")
    assert made.stdout == committed, "tsflow deploy --print > deployments/prefect.yaml"


def test_schedules_pools_and_limits_are_settings_of_a_pipeline(tmp_path: Path) -> None:
    from flows.deployments import deployments

    project = Small(tmp_path, f"sqlite:///{tmp_path / 'tsflow.db'}")
    deployment: dict[str, Any] = {"work_pool": "gpu", "tags": ["team"]}
    deployment["job_variables"] = {"env": {"A": "b"}, "image": "tsflow:cuda", "memory": 4, "gpus": 1}
    schedules = {"cron": "0 6 * * *", "rrule": "FREQ=WEEKLY;BYDAY=MO;BYHOUR=6", "seconds": 900}
    pipelines = {
        name: {**PIPELINE, "schedule": text, "timezone": "Europe/Berlin", "deployment": deployment}
        for name, text in schedules.items()
    }
    project.configure_project(pipelines=pipelines)
    wanted = {item.full_name: item for item in deployments(load_project(project.config), Path(project.config))}
    assert set(wanted) == {"monitor/tsflow"} | {
        f"{flow}/{name}" for flow in ("pipeline", "ingest", "retrain", "forecast") for name in schedules
    }
    scheduled = {name: wanted[f"pipeline/{name}"].schedules[0].schedule for name in schedules}
    assert (scheduled["cron"].cron, scheduled["cron"].timezone) == ("0 6 * * *", "Europe/Berlin")
    assert scheduled["rrule"].rrule.endswith(schedules["rrule"])  # after the start that rules count from
    assert scheduled["seconds"].interval.total_seconds() == 900
    assert not wanted["retrain/cron"].schedules
    one = wanted["pipeline/cron"]
    assert one.entrypoint == "flows.pipeline.pipeline"
    assert (one.work_pool_name, one.tags, one.concurrency_limit) == ("gpu", ["tsflow", "team"], 1)
    assert one.job_variables["memory"] == 4
    assert one.job_variables["env"]["A"] == "b"
    assert one.job_variables["env"]["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"] == "30"
    watching = wanted["monitor/tsflow"]  # in the same pool, with the same image, but on no machine with a GPU
    assert (watching.work_pool_name, watching.job_variables["image"]) == ("gpu", "tsflow:cuda")
    assert set(watching.job_variables) == {"env", "image"}


def test_every_parameter_is_explained_in_the_form_of_a_run() -> None:
    from flows.pipeline import pipeline

    properties = pipeline.parameters.properties
    assert set(properties) == {"pipeline", "config", "slot", "force"}
    assert all(field["description"] for field in properties.values())


@pytest.mark.parametrize(
    ("timezone", "day"),
    [
        ("Europe/Berlin", datetime(2024, 3, 30, tzinfo=UTC)),
        ("Europe/Berlin", datetime(2024, 10, 26, tzinfo=UTC)),
        ("America/New_York", datetime(2024, 3, 9, tzinfo=UTC)),
        ("America/New_York", datetime(2024, 11, 2, tzinfo=UTC)),
        ("Australia/Melbourne", datetime(2024, 4, 6, tzinfo=UTC)),
        ("Australia/Melbourne", datetime(2024, 10, 5, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2024, 3, 30, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("cron", ["0 * * * *", "*/30 * * * *", "0 6 * * *", "15 4 * * MON"])
def test_prefect_starts_runs_when_they_are_due_over_both_changes_of_the_clock(
    cron: str, timezone: str, day: datetime
) -> None:
    from prefect.server.schemas.schedules import CronSchedule

    from flows.deployments import deployments

    moment = day.replace(hour=12, minute=1)  # some hours before
    source = {"kind": "csv", "path": "a.csv"}
    settings = {"source": source, "frequency": "h", "horizon": 2, "schedule": cron, "timezone": timezone}
    project = Project.model_validate({"pipelines": {"p": settings}})
    wanted = next(one for one in deployments(project, Path("a.yaml")) if one.full_name == "pipeline/p")
    schedule = CronSchedule(**wanted.schedules[0].schedule.model_dump())
    starts = asyncio.run(schedule.get_dates(n=48, start=moment))
    assert [time.astimezone(UTC) for time in starts] == list(islice(times_after(cron, moment, timezone), 48))
