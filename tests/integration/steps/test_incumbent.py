"""When a champion keeps its place by its own weights, on both databases."""

import json

import numpy as np
import pytest
from sqlalchemy import text

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow.evaluation import Candidate, Choice
from tsflow.steps.retraining.incumbent import Incumbent
from tsflow.store.engine import opened
from tsflow.store.models import ModelRow

TRAINED = {**PIPELINE, "architectures": ["gru"], "training": {"min_steps": 100, "max_steps": 100, "search": False}}
HARDLY = {**TRAINED, "training": {"min_steps": 4, "max_steps": 4, "search": False}}
HOPELESS = {**TRAINED, "training": {"min_steps": 1, "max_steps": 1, "search": False, "stage": False}}


def run(small: Small, settings: dict[str, object], months: int) -> None:
    small.configure_project(pipelines={"small": settings})
    small.write(seasonal(months=months))
    small.run()


def test_a_champion_that_is_better_on_what_nobody_has_seen_keeps_its_place(small: Small) -> None:
    run(small, TRAINED, 72)
    run(small, HARDLY, 106)
    first, second = small.rows("SELECT outcome, model_id, reason FROM decisions ORDER BY id")
    assert (second["outcome"], second["model_id"]) == ("renewed", first["model_id"])
    assert "the champion's own weights" in second["reason"]
    assert {row["source"] for row in small.rows("SELECT source FROM latest_forecasts")} == {"champion"}


def test_what_is_promised_of_a_champion_that_stays_is_that_of_its_own_intervals(small: Small) -> None:
    run(small, TRAINED, 72)
    narrow = json.dumps({"coverages": [0.8, 0.95], "corrections": [[-1e6] * 6] * 2, "pairs": 60})
    with opened(small.database_url) as engine, engine.begin() as connection:
        connection.execute(text("UPDATE decisions SET calibration = :narrow"), {"narrow": narrow})
    run(small, HARDLY, 106)
    (promise,) = small.rows("SELECT promise FROM decisions WHERE outcome = 'renewed'")
    kept = promise["promise"] if isinstance(promise["promise"], dict) else json.loads(promise["promise"])
    assert kept["coverage_95"] < 0.5


def test_a_champion_that_beats_seasonal_naive_keeps_its_place_though_no_new_candidate_does(small: Small) -> None:
    run(small, TRAINED, 72)
    run(small, HOPELESS, 106)
    first, second = small.rows("SELECT outcome, model_id, reason FROM decisions ORDER BY id")
    assert (second["outcome"], second["model_id"]) == ("renewed", first["model_id"])
    assert "better than seasonal naive" in second["reason"]
    assert "no candidate beats seasonal_naive" in second["reason"]
    assert small.rows("SELECT * FROM alerts WHERE kind = 'baseline'") == []


def test_a_champion_of_another_season_does_not_however_good_it_is(small: Small) -> None:
    run(small, TRAINED, 72)
    run(small, {**HARDLY, "season_length": 6, "retrain": {"every_steps": 100}}, 106)
    first, second = small.rows("SELECT model_id FROM decisions ORDER BY id")
    assert second["model_id"] != first["model_id"]
    assert {row["source"] for row in small.rows("SELECT source FROM latest_forecasts")} == {"champion"}


@pytest.mark.parametrize(
    ("first", "now"),
    [
        ({"architectures": ["gru"]}, {"architectures": ["cnn"]}),
        ({"architectures": ["gru", "cnn"], "selection": {"publish": "ensemble"}}, {"architectures": ["gru", "cnn"]}),
    ],
)
def test_a_champion_that_could_not_be_chosen_now_does_not(
    small: Small, first: dict[str, object], now: dict[str, object]
) -> None:
    run(small, TRAINED | first, 72)
    run(small, HOPELESS | now, 106)
    before, after = small.rows("SELECT outcome, model_id FROM decisions ORDER BY id")
    assert (before["outcome"], after["outcome"]) == ("promoted", "baseline")


def test_a_champion_without_a_finite_loss_does_not() -> None:
    row = ModelRow(architecture="gru", role="refit", trained_until=WALL, id=1, run_id=1, pipeline="small")
    promoted = Choice("promoted", Candidate("lstm", "lstm", np.array([0.1])), "lstm has the lowest loss", [])
    assert Incumbent(row, 0.05).keeps_place(promoted, 0.1, margin=0.02)
    assert Incumbent(row, np.nan).keeps_place(promoted, 0.1, margin=0.02) is None


def test_a_champion_need_only_beat_seasonal_naive_where_that_is_all_there_is() -> None:
    row = ModelRow(architecture="gru", role="refit", trained_until=WALL, id=1, run_id=1, pipeline="small")
    naive = Choice("baseline", Candidate("seasonal_naive", "seasonal_naive", np.array([0.1])), "no candidate", [])
    assert Incumbent(row, 0.099).keeps_place(naive, 0.1, margin=0.02)
    assert Incumbent(row, 0.1).keeps_place(naive, 0.1, margin=0.02) is None
