"""Weights that are damaged, or cannot be had: somebody else forecasts, and says so."""

import time
from pathlib import Path

import pytest
import s3fs

from tests.projects import WALL, Small
from tsflow import steps


def test_where_every_artifact_is_damaged_seasonal_naive_forecasts(small: Small) -> None:
    small.configure(architectures=["stage"])
    small.run()
    small.run(force=True)
    champions = small.rows("SELECT artifact_url FROM models WHERE role = 'refit' ORDER BY id")
    assert small.rows("SELECT outcome FROM decisions")[0]["outcome"] == "promoted"
    same_file = {row["artifact_url"] for row in champions}
    for url in same_file:
        Path(url).write_bytes(b"not what was saved")
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.forecast(job)
    rows = small.rows("SELECT DISTINCT source, reason FROM latest_forecasts")
    assert len(rows) == 1
    assert rows[0]["source"] == "baseline"
    assert "sha256" in rows[0]["reason"]


def test_an_outage_of_the_artifact_store_costs_no_slot(
    small: Small, s3_bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TSFLOW_ARTIFACTS", f"{s3_bucket}/models")
    small.configure(architectures=["stage"])
    small.run()
    waits: list[float] = []
    monkeypatch.setattr(time, "sleep", waits.append)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    s3fs.S3FileSystem.clear_instance_cache()
    small.run(force=True)
    assert waits == [2, 10, 30] * 2, "to save what was trained, and to load the champion"
    failed = small.rows("SELECT error FROM models WHERE status = 'failed'")
    assert [row["error"].partition(" s3://")[0] for row in failed] == ["cannot write"]
    (forecast,) = small.rows("SELECT DISTINCT source, reason FROM latest_forecasts")
    assert forecast["source"] == "baseline"
    assert "could not be loaded: cannot read s3://" in forecast["reason"]
    (alert,) = small.rows("SELECT message FROM alerts WHERE kind = 'baseline'")
    assert alert["message"] == f"the champion cannot forecast: {forecast['reason']}"
    s3fs.S3FileSystem.clear_instance_cache()


def test_a_damaged_champion_hands_over_to_the_one_before(small: Small) -> None:
    small.configure(architectures=["stage"], training={"min_steps": 40, "max_steps": 40})
    small.run()
    small.configure(architectures=["stage"], training={"min_steps": 60, "max_steps": 60})
    small.run(force=True)
    first, second = small.rows(
        "SELECT m.id, m.artifact_url FROM decisions d JOIN models m ON m.id = d.model_id ORDER BY d.id"
    )
    Path(second["artifact_url"]).write_bytes(b"not what was saved")
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.forecast(job)
    rows = small.rows("SELECT DISTINCT o.model_id, o.reason FROM forecast_origins o ORDER BY o.model_id")
    told = [row["reason"] for row in rows if row["model_id"] == first["id"]]
    assert any("sha256" in reason for reason in told)
