from datetime import UTC, datetime

import numpy as np
import pytest
from sqlalchemy import Engine, func, select

from tsflow.errors import LeaseLost, StoreError
from tsflow.store import models, runs
from tsflow.store.engine import reading
from tsflow.store.leases import LIVE, Fence, acquire
from tsflow.store.models import Training
from tsflow.store.schema import scores

NOW = datetime(2024, 1, 1, tzinfo=UTC)
CUTOFFS = np.array(["2024-01-01T00", "2024-01-01T01"], dtype="M8[us]")


@pytest.fixture
def run(engine: Engine, fence: Fence) -> runs.Run:
    """A retrain."""
    return runs.begin(engine, fence, "retrain", NOW, now=NOW)


def test_a_model_comes_back_as_it_was_recorded(engine: Engine, fence: Fence, run: runs.Run) -> None:
    training = Training(
        architecture="gru",
        role="candidate",
        configuration={"spec": {"context": 168}},
        seed=1,
        device="cpu",
        trained_until=NOW,
        parameters=1_000,
        steps=200,
        seconds=1.5,
        tune_loss=0.4,
        curve=[[100, 0.5, 0.4]],
        artifact_url="file:///artifacts/abc",
        artifact_sha256="abc",
        members=[1, 2],
    )
    row = models.record(engine, fence, run.id, training)
    assert {name: getattr(row, name) for name in Training.__dataclass_fields__} == vars(training)
    assert models.get(engine, row.id) == row == models.find(engine, run.id, "gru", "candidate")
    assert models.of_run(engine, run.id) == [row]
    assert models.find(engine, run.id, "gru", "refit") is None


def test_a_retry_keeps_the_id_and_drops_the_scores(
    engine: Engine, fence: Fence, run: runs.Run, series_ids: list[int]
) -> None:
    first = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate", steps=100))
    _score(engine, fence, first.id, series_ids, np.array([1.0, 2.0]))
    again = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate", steps=200))
    assert (again.id, again.steps, again.select_loss) == (first.id, 200, None)
    assert models.scores(engine, run.id) == {}


def test_scores_come_back_by_series_then_cutoff(
    engine: Engine, fence: Fence, run: runs.Run, series_ids: list[int]
) -> None:
    row = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate"))
    value = np.array([4.0, 3.0, 2.0, 1.0])
    models.score(
        engine,
        fence,
        row.id,
        series_id=np.array([series_ids[1], series_ids[1], series_ids[0], series_ids[0]]),
        cutoff=CUTOFFS[[1, 0, 1, 0]],
        value=value,
        select_loss=2.5,
    )
    assert models.scores(engine, run.id)[row.id].tolist() == [1, 2, 3, 4]
    assert models.get(engine, row.id).select_loss == 2.5


def test_scoring_again_replaces_the_scores(engine: Engine, fence: Fence, run: runs.Run, series_ids: list[int]) -> None:
    row = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate"))
    for value in (1.0, 5.0):
        _score(engine, fence, row.id, series_ids, np.array([value, value]))
    with reading(engine) as connection:
        assert connection.scalar(select(func.count()).select_from(scores)) == 2
    assert models.scores(engine, run.id)[row.id].tolist() == [5, 5]


def test_a_score_that_is_not_finite_is_left_out(
    engine: Engine, fence: Fence, run: runs.Run, series_ids: list[int]
) -> None:
    row = models.record(engine, fence, run.id, Training(architecture="gru", role="candidate", tune_loss=float("nan")))
    _score(engine, fence, row.id, series_ids, np.array([1.0, np.inf]), select_loss=np.inf)
    assert models.scores(engine, run.id)[row.id].tolist() == [1]
    assert (models.get(engine, row.id).tune_loss, models.get(engine, row.id).select_loss) == (None, None)


def test_a_run_without_its_lease_records_no_model(engine: Engine, fence: Fence, run: runs.Run) -> None:
    acquire(engine, "walkers", LIVE, "the tests", 600)
    with pytest.raises(LeaseLost):
        models.record(engine, fence, run.id, Training(architecture="gru", role="candidate"))
    assert models.of_run(engine, run.id) == []


def test_a_model_that_does_not_exist_is_an_error(engine: Engine, fence: Fence) -> None:
    with pytest.raises(StoreError, match="no model 7"):
        models.get(engine, 7)
    assert models.champion(engine, "walkers", LIVE) is None


def _score(
    engine: Engine,
    fence: Fence,
    model_id: int,
    series_ids: list[int],
    value: np.ndarray,
    *,
    select_loss: float = 1.0,
) -> None:
    pairs = {"series_id": np.array(series_ids[:2]), "cutoff": CUTOFFS, "value": value}
    models.score(engine, fence, model_id, select_loss=select_loss, **pairs)
