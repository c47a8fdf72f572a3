"""When a champion keeps its place by its own weights, on both databases."""

import numpy as np

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow.evaluation import Candidate, Choice
from tsflow.steps.retraining.incumbent import Incumbent
from tsflow.store.models import ModelRow

TRAINED = {**PIPELINE, "architectures": ["gru"], "training": {"min_steps": 100, "max_steps": 100, "search": False}}
HARDLY = {**TRAINED, "training": {"min_steps": 4, "max_steps": 4, "search": False}}


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


def test_a_champion_of_another_season_does_not_however_good_it_is(small: Small) -> None:
    run(small, TRAINED, 72)
    run(small, {**HARDLY, "season_length": 6, "retrain": {"every_steps": 100}}, 106)
    first, second = small.rows("SELECT model_id FROM decisions ORDER BY id")
    assert second["model_id"] != first["model_id"]
    assert {row["source"] for row in small.rows("SELECT source FROM latest_forecasts")} == {"champion"}


def test_a_champion_without_a_finite_loss_does_not() -> None:
    row = ModelRow(architecture="gru", role="refit", trained_until=WALL, id=1, run_id=1, pipeline="small")
    promoted = Choice("promoted", Candidate("lstm", "lstm", np.array([0.1])), "lstm has the lowest loss", [])
    assert Incumbent(row, 0.05).keeps_place(promoted, 0.1, margin=0.02)
    assert Incumbent(row, np.nan).keeps_place(promoted, 0.1, margin=0.02) is None
