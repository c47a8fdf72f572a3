"""What goes wrong in a slot, and what is left of it, on both databases."""

import re
import time
from pathlib import Path

import pandas as pd
import pytest
import s3fs
import torch
from torch import nn
from typer.testing import CliRunner

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow import steps
from tsflow.cli import app
from tsflow.errors import ConfigError, DataError, DeviceError, LeaseHeld, QualityError, SourceError
from tsflow.models.registry import ARCHITECTURES, Architecture, NetworkShape
from tsflow.process import wall_clock
from tsflow.store import runs
from tsflow.store.leases import LIVE


def test_a_damaged_artifact_hands_over_to_the_champion_before_it(small: Small) -> None:
    small.configure(architectures=["stage"])
    small.run()
    small.run(force=True)
    champions = small.rows("SELECT artifact_url FROM models WHERE role = 'refit' ORDER BY id")
    if small.rows("SELECT outcome FROM decisions")[0]["outcome"] == "baseline":
        pytest.fail("the stage was expected to beat seasonal naive on a trend")
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


def test_too_many_bad_rows_stop_the_ingest(small: Small) -> None:
    garbage = seasonal()
    garbage["y"] = garbage["y"].astype(str)
    garbage.loc[::2, "y"] = "n/a!"
    small.write(garbage)
    with pytest.raises(QualityError, match="max_bad_share"):
        small.run()
    assert small.rows("SELECT count(*) AS n FROM observations")[0]["n"] == 0
    assert small.rows("SELECT count(*) AS n FROM quarantine")[0]["n"] == 72
    assert small.rows("SELECT status FROM runs") == [{"status": "failed"}]


def test_a_source_in_another_encoding_says_which_setting_to_mend(small: Small) -> None:
    spoilt = seasonal(("Bär", "Bür")).to_csv(index=False).encode("latin-1")
    small.source.write_bytes(spoilt)
    with pytest.raises(QualityError, match=r"source\.encoding"):
        small.run()
    assert small.rows("SELECT unique_id FROM series") == []
    small.configure(architectures=["stage"], source={**PIPELINE["source"], "encoding": "latin-1"})
    small.run(force=True)
    names = "SELECT DISTINCT unique_id FROM latest_forecasts ORDER BY unique_id"
    assert [row["unique_id"] for row in small.rows(names)] == ["Bär", "Bür"]


def test_a_nul_in_a_name_costs_its_row(small: Small) -> None:
    small.source.write_text(seasonal().to_csv(index=False) + "a\0b,2018-01-01,5\n")
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.ingest(job)
    assert [row["unique_id"] for row in small.rows("SELECT unique_id FROM series ORDER BY 1")] == ["a", "b"]
    (refused,) = small.rows("SELECT failed_check, reason FROM quarantine")
    assert refused["failed_check"] == "series_garbled"
    assert r"'a\x00b'" in refused["reason"]


@pytest.mark.parametrize("source", ["missing", "refused"])
def test_a_failed_run_ends_when_it_failed(small: Small, source: str) -> None:
    small.source.unlink() if source == "missing" else small.write(seasonal().assign(y="n/a!"))
    small.configure(clock="wall")
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        opened = wall_clock()
        with pytest.raises(SourceError if source == "missing" else QualityError):
            steps.ingest(job)
        run = runs.find(job.engine, "small", "ingest", ticket.slot, LIVE)
    assert run
    assert run.finished_at
    assert run.finished_at > opened


@pytest.mark.parametrize("left", [None, "unique_id,ds,y\n"])
def test_a_source_that_dies_on_the_clock_of_its_data_is_on_record_until_it_is_back(
    small: Small, left: str | None
) -> None:
    small.configure(architectures=["stage"])
    small.run()
    before = small.source.read_text()
    small.source.unlink() if left is None else small.source.write_text(left)
    for _ in range(2):
        with pytest.raises((SourceError, DataError)) as raised:
            small.run()
    health = "SELECT state, last_error FROM pipeline_health"
    assert small.rows(health) == [{"state": "last run failed", "last_error": str(raised.value)}]
    small.source.write_text(before)
    small.run()
    assert small.rows(health) == [{"state": "ok", "last_error": None}]


def test_a_source_that_was_never_there_is_on_record(small: Small) -> None:
    small.source.unlink()
    with pytest.raises(SourceError, match="no such file"):
        small.run()
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "last run failed"}]
    small.write(seasonal())
    small.run()
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "ok"}]


def test_before_anything_was_ingested_nothing_is_decided_or_published(small: Small) -> None:
    small.configure(architectures=["stage"])
    for step in (steps.retrain, steps.forecast):
        with (
            steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
            steps.open_job(ticket) as job,
            pytest.raises(DataError, match=r"^small: nothing was ingested yet: `tsflow ingest small` first"),
        ):
            step(job)
    assert small.rows("SELECT count(*) AS n FROM runs") == [{"n": 0}]
    small.run()
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "ok"}]
    assert small.rows("SELECT count(*) AS n FROM models WHERE role = 'candidate'") == [{"n": 1}]


def test_two_runs_of_a_pipeline_exclude_each_other(small: Small) -> None:
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="the first"),
        pytest.raises(LeaseHeld, match="the first"),
        steps.hold_slot(small.config, "small", wall=WALL, holder="second"),
    ):
        pass


def test_another_frequency_than_that_of_what_is_stored_is_refused(small: Small) -> None:
    small.run()
    before = small.everything()
    small.configure(frequency="D")
    refused = r"pipelines\.small\.frequency: what is stored has frequency MS, not D; set it back to MS, or give"
    with pytest.raises(ConfigError, match=refused):
        small.run()
    for command in (["plot", "small"], ["backtest", "small"], ["replay", "small", "--from", "2023-10-01"]):
        told = CliRunner().invoke(app, [*command, "-c", small.config])
        assert told.exit_code == 2
        assert re.match(refused, told.stderr)
    assert small.everything() == before
    small.configure(frequency="1MS", retrain={"every_steps": 9})
    small.run()


@pytest.mark.parametrize("place", ["{config}: device", "environment variable TSFLOW_DEVICE"])
def test_a_device_that_is_not_there_is_named_with_the_place_of_the_setting(
    small: Small, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.configure_project(device="cuda:7")
    if place.startswith("environment"):
        monkeypatch.setenv("TSFLOW_DEVICE", "cuda:7")
    expected = f"{place.format(config=small.config)}: 'cuda:7' is not there; this machine has: auto, "
    with pytest.raises(DeviceError, match=f"^{re.escape(expected)}"):
        small.run()


def test_an_unknown_architecture_stops_before_anything_is_written(small: Small) -> None:
    small.configure(architectures=["gru", "lstmm"])
    with pytest.raises(ConfigError, match=r"small\.architectures: unknown architecture 'lstmm'; did you mean 'lstm'"):
        small.run()
    assert small.rows("SELECT count(*) AS n FROM runs") == [{"n": 0}]


def test_an_architecture_that_fails_fails_alone(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(nn.Module):
        def __init__(self, outputs: int) -> None:
            super().__init__()
            self.weight = nn.Parameter(torch.full((outputs,), float("nan")))

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.weight.expand(len(x), -1)

    broken = Architecture("broken", lambda shape: Broken(shape.outputs), None)
    monkeypatch.setitem(ARCHITECTURES, "broken", broken)
    small.configure(architectures=["broken", "stage"])
    small.run()
    rows = {row["architecture"]: row for row in small.rows("SELECT architecture, status, error FROM models")}
    assert rows["broken"]["status"] == "failed"
    assert "not finite" in rows["broken"]["error"]
    assert rows["stage"]["status"] == "trained"
    assert len(small.rows("SELECT * FROM latest_forecasts")) == 12


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


def test_an_unknown_pipeline_is_named_with_those_there_are(small: Small) -> None:
    with pytest.raises(ConfigError, match="small"), steps.hold_slot(small.config, "larg", wall=WALL, holder="test"):
        pass


def test_a_retrain_in_which_everything_fails_keeps_the_champion(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    small.configure(architectures=["stage"], training={"min_steps": 40, "max_steps": 40})
    small.run()
    champion = small.rows("SELECT model_id FROM champion_aliases")

    def broken(_shape: NetworkShape) -> nn.Module:
        raise RuntimeError("no such layer")

    monkeypatch.setitem(ARCHITECTURES, "gru", Architecture("gru", broken, broken))
    small.configure(architectures=["gru"])
    run_id = small.run(force=True)
    assert small.rows("SELECT model_id FROM champion_aliases") == champion
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {run_id}
    failed = small.rows("SELECT status, error FROM runs WHERE kind = 'retrain' ORDER BY id DESC LIMIT 1")[0]
    assert failed["status"] == "failed"
    assert "no candidate could be trained" in failed["error"]
    assert small.rows("SELECT kind, message FROM alerts") == [{"kind": "failed", "message": failed["error"]}]
    assert small.rows("SELECT state, last_error FROM pipeline_health") == [
        {"state": "last retrain failed", "last_error": failed["error"]}
    ]


def test_what_is_no_candidates_fault_stops_the_retrain_and_is_on_record(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_shape: NetworkShape) -> nn.Module:
        raise KeyError("a bug")

    monkeypatch.setitem(ARCHITECTURES, "gru", Architecture("gru", broken, broken))
    small.configure(training=PIPELINE["training"] | {"search": False})
    with pytest.raises(KeyError):
        small.run()
    assert small.rows("SELECT status, error FROM runs WHERE kind = 'retrain'") == [
        {"status": "failed", "error": "KeyError"}
    ]


def test_a_killed_retrain_does_not_compare_candidates_of_other_data(small: Small) -> None:
    with small.planned() as (job, planned):
        steps.train_candidate(job, planned.run_id, "stage")  # and then it is killed
    corrected = seasonal()
    corrected.loc[60, "y"] = 150.0
    small.write(corrected)
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.ingest(job)
        again = steps.plan_retrain(job)
    assert isinstance(again, steps.Planned)
    assert again.run_id != planned.run_id
    assert small.rows(f"SELECT status FROM runs WHERE id = {planned.run_id}") == [{"status": "failed"}]


class Killed(BaseException):
    pass


def test_a_kill_before_the_refit_is_made_good(small: Small) -> None:
    small.configure(architectures=["gru"], training=PIPELINE["training"] | {"search": False, "refit": "all"})

    def kill(*_: object) -> None:
        if small.rows("SELECT id FROM models WHERE select_loss IS NOT NULL"):
            raise Killed

    with small.planned() as (job, planned):
        with pytest.raises(Killed):
            steps.train_candidate(job, planned.run_id, "gru", on_progress=kill)
        candidate = steps.train_candidate(job, planned.run_id, "gru")
    assert small.rows("SELECT id, role FROM models ORDER BY id") == [
        {"id": candidate, "role": "candidate"},
        {"id": candidate + 1, "role": "refit"},
    ]


def test_a_slot_of_the_future_is_refused(small: Small) -> None:
    with pytest.raises(ConfigError, match="slot 2024-02-01 00:00 is later than the present, 2024-01-01 00:00"):
        small.run(slot=pd.Timestamp("2024-02-15", tz="UTC").to_pydatetime())
