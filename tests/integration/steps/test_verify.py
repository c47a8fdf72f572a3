"""Published forecasts are scored as their values come true; errors that grow are found and lead to a retrain."""

import json

import pandas as pd

from tests.projects import Small, seasonal


def _grown(months: int, noise: float = 0.0) -> pd.DataFrame:
    """The same series, longer; what is new is off by a changing ``noise``."""
    frame = seasonal(months=months)
    new = frame.groupby("unique_id").cumcount() >= 72
    sign = frame.groupby("unique_id").cumcount() % 2 * 2 - 1
    return frame.assign(y=frame["y"] + noise * sign * new)


def test_a_forecast_is_scored_when_its_steps_come_true(small: Small) -> None:
    small.configure(retrain={"every_steps": 100})
    first = small.run()
    assert small.rows("SELECT * FROM forecast_scores") == []
    assert small.rows("SELECT drifted, reason FROM drift_checks")[0]["reason"].startswith("no forecast")
    small.write(_grown(74))
    small.run()
    scores = small.rows(f"SELECT lead, sum(steps) AS steps FROM forecast_scores WHERE run_id = {first} GROUP BY lead")
    assert [(row["lead"], row["steps"]) for row in sorted(scores, key=lambda row: row["lead"])] == [(1, 2), (2, 2)]
    expected = small.rows(
        "SELECT avg(abs(f.y_hat - a.y) / o.scale) AS error FROM forecasts f "
        "JOIN observations a ON a.series_id = f.series_id AND a.ds = f.ds "
        "JOIN forecast_origins o ON o.run_id = f.run_id AND o.series_id = f.series_id WHERE f.lead = 1"
    )
    found = small.rows("SELECT sum(steps * error) / sum(steps) AS error FROM forecast_scores WHERE lead = 1")
    assert abs(found[0]["error"] - expected[0]["error"]) < 1e-9


def test_errors_that_grow_make_the_next_slot_retrain(small: Small) -> None:
    small.configure(retrain={"every_steps": 100}, selection={"cutoffs": 10})
    small.run()
    for months in range(73, 78):
        small.write(_grown(months, noise=150.0))
        small.run()
        if any(row["drifted"] for row in small.rows("SELECT drifted FROM drift_checks")):
            break
    found = small.rows("SELECT reason FROM drift_checks WHERE drifted")
    assert len(found) == 1
    assert found[0]["reason"].startswith("drift: the error of the last")
    assert len(small.rows("SELECT id FROM decisions")) == 1
    small.write(_grown(months + 1, noise=150.0))
    small.run()
    assert len(small.rows("SELECT id FROM decisions")) == 2
    small.write(_grown(months + 2, noise=150.0))
    small.run()
    assert len(small.rows("SELECT id FROM decisions")) == 2, "one retrain for one alarm"


def test_the_promise_is_what_the_winner_showed_on_the_held_out_pairs(small: Small) -> None:
    small.run()
    stored = small.rows("SELECT promise FROM decisions")[0]["promise"]
    promise = json.loads(stored) if isinstance(stored, str) else stored
    cutoffs = small.rows("SELECT count(DISTINCT cutoff) AS n FROM scores")[0]["n"]
    assert (len(promise["error"]), len(promise["error"][0])) == (cutoffs, 6)
    assert 0 < sum(map(sum, promise["error"])) / (6 * cutoffs) < 1, "it beat seasonal naive"
    assert 0.4 < promise["coverage_80"] <= promise["coverage_95"] <= 1


def test_no_coverage_is_promised_where_the_widths_come_from_the_pairs_that_chose(small: Small) -> None:
    small.write(_grown(30))
    small.run()
    protocol, promise = (
        json.loads(value) if isinstance(value, str) else value
        for value in small.rows("SELECT protocol, promise FROM decisions")[0].values()
    )
    assert protocol["kind"] == "merged"
    assert (promise["coverage_80"], promise["coverage_95"]) == (None, None)
    assert all(value is not None for lead in promise["error"] for value in lead)
