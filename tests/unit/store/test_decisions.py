from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from tsflow.errors import DataError, LeaseLost
from tsflow.store import decisions, models, runs
from tsflow.store.decisions import Decision
from tsflow.store.leases import LIVE, Fence, acquire
from tsflow.store.models import Training

NOW = datetime(2024, 1, 1, tzinfo=UTC)


def test_a_decision_moves_the_alias_and_ends_the_retrain(engine: Engine, fence: Fence) -> None:
    made = _promote(engine, fence, 0, calibration={"shift": [0.1]})
    champion = models.champion(engine, "walkers", LIVE)
    assert champion is not None
    assert champion.id == made.model_id
    assert made.slot == NOW
    assert made.previous_model_id is None
    assert decisions.current(engine, "walkers", LIVE) == made == decisions.of_run(engine, made.run_id)
    assert runs.get(engine, made.run_id).status == "succeeded"


def test_a_run_decides_once(engine: Engine, fence: Fence) -> None:
    made = _promote(engine, fence, 0)
    assert _decide(engine, fence, made.run_id, made.model_id, "renewed") == made
    assert decisions.history(engine, "walkers", LIVE) == [made]


def test_each_decision_knows_the_champion_before_it(engine: Engine, fence: Fence) -> None:
    first, second = _promote(engine, fence, 0), _promote(engine, fence, 1)
    assert second.previous_model_id == first.model_id
    assert decisions.history(engine, "walkers", LIVE) == [second, first]


def test_a_replay_has_a_champion_of_its_own(engine: Engine, fence: Fence) -> None:
    replay = acquire(engine, "walkers", "replay-1", "the tests", 600)
    _promote(engine, replay, 0)
    assert models.champion(engine, "walkers", LIVE) is None
    assert models.champion(engine, "walkers", "replay-1") is not None


def test_a_decision_for_an_older_slot_leaves_the_alias(engine: Engine, fence: Fence) -> None:
    later, earlier = _promote(engine, fence, 2), _promote(engine, fence, 1)
    assert decisions.current(engine, "walkers", LIVE) == later
    champion = models.champion(engine, "walkers", LIVE)
    assert champion is not None
    assert champion.id == later.model_id
    assert earlier.previous_model_id is None
    assert decisions.current(engine, "walkers", LIVE, until=NOW + timedelta(hours=1)) == earlier


def test_a_decision_without_a_model_removes_the_alias(engine: Engine, fence: Fence) -> None:
    _promote(engine, fence, 0)
    run = runs.begin(engine, fence, "retrain", NOW + timedelta(hours=1), now=NOW)
    _decide(engine, fence, run.id, None, "baseline")
    assert models.champion(engine, "walkers", LIVE) is None


def test_rollback_goes_back_to_the_champion_before_with_its_calibration(engine: Engine, fence: Fence) -> None:
    first = _promote(engine, fence, 0, calibration={"shift": [0.1]})
    second = _promote(engine, fence, 1, calibration={"shift": [0.2]})
    back = _roll_back(engine, fence)
    assert (back.outcome, back.model_id, back.previous_model_id) == (
        "rolled back",
        first.model_id,
        second.model_id,
    )
    assert back.calibration == {"shift": [0.1]}
    champion = models.champion(engine, "walkers", LIVE)
    assert champion is not None
    assert champion.id == first.model_id


def test_rolling_back_twice_goes_further_back(engine: Engine, fence: Fence) -> None:
    first = _promote(engine, fence, 0)
    _promote(engine, fence, 1)
    _promote(engine, fence, 2)
    _roll_back(engine, fence)
    assert _roll_back(engine, fence).model_id == first.model_id
    with pytest.raises(DataError, match="no earlier champion"):
        _roll_back(engine, fence)


def test_rollback_looks_past_a_renewal(engine: Engine, fence: Fence) -> None:
    first, second = _promote(engine, fence, 0), _promote(engine, fence, 1)
    run = runs.begin(engine, fence, "retrain", NOW + timedelta(hours=2), now=NOW)
    _decide(engine, fence, run.id, second.model_id, "renewed")
    assert _roll_back(engine, fence).model_id == first.model_id


def test_a_new_champion_after_a_rollback_rolls_back_to_the_restored_one(engine: Engine, fence: Fence) -> None:
    first = _promote(engine, fence, 0)
    _promote(engine, fence, 1)
    _roll_back(engine, fence)
    _promote(engine, fence, 2)
    assert _roll_back(engine, fence).model_id == first.model_id


def test_without_a_champion_there_is_nothing_to_roll_back(engine: Engine, fence: Fence) -> None:
    with pytest.raises(DataError, match="no earlier champion"):
        _roll_back(engine, fence)


def test_a_run_without_its_lease_decides_nothing(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "retrain", NOW, now=NOW)
    acquire(engine, "walkers", LIVE, "the tests", 600)
    with pytest.raises(LeaseLost):
        _decide(engine, fence, run.id, None, "baseline")
    assert decisions.of_run(engine, run.id) is None
    assert runs.get(engine, run.id).status == "running"


def _promote(engine: Engine, fence: Fence, number: int, calibration: object = None) -> Decision:
    run = runs.begin(engine, fence, "retrain", NOW + timedelta(hours=number), now=NOW)
    model = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate"))
    return _decide(engine, fence, run.id, model.id, "promoted", calibration=calibration)


def _decide(
    engine: Engine,
    fence: Fence,
    run_id: int,
    model_id: int | None,
    outcome: decisions.Outcome,
    *,
    calibration: object = None,
) -> Decision:
    return decisions.record(
        engine,
        fence,
        run_id,
        now=NOW,
        outcome=outcome,
        model_id=model_id,
        reason="lowest loss",
        candidates=[{"architecture": "gru", "loss": 0.5}],
        protocol={"kind": "three zones"},
        margin=0.0,
        calibration=calibration,
    )


def _roll_back(engine: Engine, fence: Fence) -> Decision:
    return decisions.rollback(engine, fence, now=NOW, reason="it went astray")
