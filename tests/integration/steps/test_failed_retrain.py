"""A training that fails, or is killed: the others go on, and the champion stays."""

import pytest
import torch
from torch import nn

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow import steps
from tsflow.models.registry import ARCHITECTURES, Architecture, NetworkShape


class Killed(BaseException):
    pass


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
