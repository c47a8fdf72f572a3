"""How the networks of a retrain are trained, and what their mean is worth: on record, and published as configured."""

import json
from typing import Any

import pandas as pd
import pytest
import torch
from sqlalchemy import event

from tests.projects import WALL, Small, seasonal
from tsflow import steps
from tsflow.artifacts import load_model
from tsflow.steps.retraining import members
from tsflow.training import fit

CPU = torch.device("cpu")
FITTED = {"architectures": ["gru", "cnn", "stage"], "training": {"min_steps": 20, "max_steps": 20, "refit": "all"}}


def document(value: Any) -> Any:
    return json.loads(value) if isinstance(value, str) else value


def networks(small: Small, role: str = "candidate") -> dict[str, list[dict[str, Any]]]:
    rows = small.rows(f"SELECT architecture, configuration FROM models WHERE role = '{role}' ORDER BY id")
    return {row["architecture"]: document(row["configuration"])["networks"] for row in rows}


def previews(small: Small, *names: str) -> list[pd.DataFrame]:
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        run_id = small.rows("SELECT id FROM runs WHERE kind = 'retrain'")[0]["id"]
        return [steps.preview(job, run_id, name).sort_values(["unique_id", "ds"]) for name in names]


def test_as_many_networks_are_trained_as_are_asked_for(small: Small) -> None:
    training = {"min_steps": 5, "max_steps": 5, "transform": "none", "context": 36, "members": 6}
    small.configure(architectures=["gru"], training=training)
    small.run()
    made = networks(small)["gru"]
    assert [network["seed"] for network in made] == [1, 2, 3, 4, 5, 6]
    assert made[0]["recipe"] in [network["recipe"] for network in made[1:]]


def test_the_networks_of_an_architecture_share_its_time(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    budgets = []

    def noted(panel: Any, spec: Any, training: Any, **options: Any) -> Any:
        budgets.append(training.time_budget)
        return fit(panel, spec, training, **options)

    monkeypatch.setattr(members, "fit", noted)
    training = {"min_steps": 5, "max_steps": 5, "search": False, "members": 4, "time_budget": 60.0}
    small.configure(architectures=["stage"], training=training)
    small.run()
    assert budgets == [15.0] * 8  # four networks, and their refit


def test_every_architecture_is_trained_by_the_recipes_that_scored_best(small: Small) -> None:
    small.configure(**FITTED)
    small.run()
    report = document(small.rows("SELECT report FROM runs WHERE kind = 'retrain'")[0]["report"])
    finalists = [one for one in report["tried"] if one["share"] == max(two["share"] for two in report["tried"])]
    losses = [one["owa"] for one in finalists]
    assert losses == sorted(losses)
    assert report["recipes"] == [one["recipe"] for one in finalists]
    for fitted in networks(small).values():
        assert [network["recipe"] for network in fitted] == report["recipes"]
        assert [network["seed"] for network in fitted] == [1, 2, 3]
        assert {network["init"] for network in fitted} == {"fresh"}
    assert list(networks(small)) == list(networks(small, "refit"))


def test_without_a_search_there_is_one_network_by_the_plain_recipe(small: Small) -> None:
    small.configure(**FITTED | {"training": {"min_steps": 20, "max_steps": 20, "search": False, "token": 6}})
    small.run()
    report = document(small.rows("SELECT report FROM runs WHERE kind = 'retrain'")[0]["report"])
    assert report["tried"] == []
    assert [(one["transform"], one["token"], one["context"]) for one in report["recipes"]] == [("log", 6, 36)]


def test_as_many_networks_as_are_asked_for_are_trained_without_a_search_too(small: Small) -> None:
    training = {"min_steps": 5, "max_steps": 5, "search": False, "members": 2}
    small.configure(architectures=["gru"], training=training)
    small.run()
    assert [network["seed"] for network in networks(small)["gru"]] == [1, 2]


def test_a_retry_goes_on_with_the_recipes_on_record(small: Small) -> None:
    small.configure(**FITTED)
    with small.planned() as (job, planned):
        first = steps.choose_recipes(job, planned.run_id)
    called = []
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        again = steps.plan_retrain(job)
        assert isinstance(again, steps.Planned)
        assert again.run_id == planned.run_id
        assert steps.choose_recipes(job, again.run_id, lambda *_: called.append(1)) == first
    assert called == []


def test_a_refit_is_checked_without_reading_the_scores_of_all_models(small: Small) -> None:
    small.configure(architectures=["gru"], training={"min_steps": 5, "max_steps": 5, "search": False, "refit": "all"})
    executed: list[str] = []
    with small.planned() as (job, planned):
        event.listen(job.engine, "before_cursor_execute", lambda *a: executed.append(a[2]), named=False)
        steps.train_candidate(job, planned.run_id, "gru")
    assert small.rows("SELECT error FROM models WHERE role = 'refit'") == [{"error": None}]
    assert [query for query in executed if query.startswith("SELECT") and "FROM scores" in query] == []


def test_the_ensemble_forecasts_the_mean_of_the_networks(small: Small) -> None:
    small.configure(**FITTED, selection={"publish": "ensemble"})
    small.run()
    champion = small.rows("SELECT m.* FROM models m JOIN champion_aliases a ON a.model_id = m.id")[0]
    assert (champion["architecture"], champion["role"]) == ("ensemble", "refit")
    members = {row["id"]: row for row in small.rows("SELECT id, architecture, role FROM models")}
    assert [members[one]["architecture"] for one in document(champion["members"])] == ["gru", "cnn"]
    assert {members[one]["role"] for one in document(champion["members"])} == {"refit"}
    gru, cnn, ensemble = previews(small, "gru", "cnn", "ensemble")
    mean = (gru["y_hat"].to_numpy() + cnn["y_hat"].to_numpy()) / 2
    assert ensemble["y_hat"].to_numpy() == pytest.approx(mean, rel=1e-4)
    published = small.rows("SELECT y_hat FROM latest_forecasts ORDER BY unique_id, ds")
    assert [row["y_hat"] for row in published] == pytest.approx(mean, rel=1e-4)


def test_auto_compares_the_ensemble_with_each_architecture_on_the_same_pairs(small: Small) -> None:
    small.configure(**FITTED, selection={"publish": "auto"})
    small.run()
    scored = small.rows(
        "SELECT m.architecture, count(*) AS pairs FROM scores s JOIN models m ON m.id = s.model_id "
        "GROUP BY m.architecture ORDER BY 1"
    )
    assert [row["architecture"] for row in scored] == ["cnn", "ensemble", "gru", "seasonal_naive", "stage"]
    assert len({row["pairs"] for row in scored}) == 1


def test_best_makes_no_ensemble(small: Small) -> None:
    small.configure(**FITTED)
    small.run()
    assert small.rows("SELECT id FROM models WHERE architecture = 'ensemble'") == []


def test_a_warm_start_goes_on_with_the_champions_weights(small: Small) -> None:
    settings = FITTED | {"architectures": ["gru"]}
    training = {**settings["training"], "search": False}
    small.configure(**settings | {"training": training})
    small.run()
    champion = small.rows("SELECT model_id FROM champion_aliases")[0]["model_id"]
    before = small.rows("SELECT id FROM models WHERE role = 'candidate'")[0]["id"]
    small.configure(**settings | {"training": {**training, "init": "champion"}})
    small.write(seasonal(months=73))
    small.run()
    started = {
        row["role"]: document(row["configuration"])["networks"][0]["init"]
        for row in small.rows("SELECT role, configuration FROM models WHERE role <> 'baseline' ORDER BY id")
    }
    # The champion has seen the pairs that candidates are judged on; what it was before the refit has not.
    assert started == {"candidate": f"model {before}", "refit": f"model {champion}"}


def test_another_recipe_than_the_champions_starts_fresh_and_says_so(small: Small) -> None:
    settings = FITTED | {"architectures": ["gru"]}
    training = {**settings["training"], "search": False}
    small.configure(**settings | {"training": training})
    small.run()
    small.configure(**settings | {"training": {**training, "init": "champion", "transform": "none"}})
    small.run(force=True)
    last = small.rows("SELECT configuration FROM models WHERE role = 'candidate' ORDER BY id DESC LIMIT 1")
    assert "no network of this recipe" in document(last[0]["configuration"])["networks"][0]["init"]


def test_each_network_goes_on_with_its_own_weights_and_a_new_one_starts_fresh(small: Small) -> None:
    training = {"min_steps": 20, "max_steps": 20, "search": False, "members": 2}
    small.configure(architectures=["gru"], training=training)
    small.run()
    still = {"min_steps": 1, "max_steps": 1, "learning_rate": 1e-9}
    small.configure(architectures=["gru"], training={**training, **still, "members": 3, "init": "champion"})
    small.run(force=True)
    *_, first, second = small.rows("SELECT * FROM models WHERE role = 'candidate' ORDER BY id")
    began = [network["init"] for network in document(second["configuration"])["networks"]]
    assert began[:2] == [f"model {first['id']}"] * 2
    assert began[2].startswith("fresh")
    before, after = (load_model(row["artifact_url"], row["artifact_sha256"], CPU)[0] for row in (first, second))
    for place in (0, 1):  # at a rate of 1e-9 they are what they began with
        for name, weights in before.members[place].state_dict().items():
            assert torch.allclose(after.members[place].state_dict()[name], weights, atol=1e-6), (place, name)
