"""Slots of the past see what was known then, and move nothing that is present, on both databases."""

from datetime import UTC, datetime

import pandas as pd

from tests.projects import Small, seasonal

JULY = datetime(2023, 7, 1, tzinfo=UTC)


def test_a_past_slot_forecasts_as_it_did_when_it_was_present(small: Small) -> None:
    small.write(seasonal(months=66))
    first = small.run()
    small.write(seasonal())
    present = small.run()
    champion = small.rows("SELECT model_id FROM champion_aliases")
    again = small.run(slot=JULY, force=True)
    assert again > present
    rows = [
        small.rows(f"SELECT series_id, ds, lead, y_hat, lo_95 FROM forecasts WHERE run_id = {run} ORDER BY 1, 2")
        for run in (first, again)
    ]
    assert rows[0] == rows[1]
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {present}
    assert small.rows("SELECT model_id FROM champion_aliases") == champion


def test_a_past_slot_knows_the_series_of_its_time(small: Small) -> None:
    small.configure(ended_after=6)
    ended = seasonal(("b",), months=60)
    late = seasonal(("c",), months=3, start="2023-10-01")
    small.write(pd.concat([seasonal(("a",)), ended, late]))
    small.run()
    assert {row["unique_id"] for row in small.rows("SELECT unique_id FROM latest_forecasts")} == {"a", "c"}
    run_id = small.run(slot=datetime(2023, 2, 14, tzinfo=UTC))
    origins = small.rows(
        "SELECT s.unique_id, o.source <> 'none' AS alive, o.cutoff FROM forecast_origins o "
        f"JOIN series s ON s.id = o.series_id WHERE o.run_id = {run_id} ORDER BY 1"
    )
    assert [(row["unique_id"], bool(row["alive"])) for row in origins] == [("a", True), ("b", True)]
    assert small.rows("SELECT unique_id FROM series WHERE ended ORDER BY 1") == [{"unique_id": "b"}]
    assert {row["unique_id"] for row in small.rows("SELECT unique_id FROM latest_forecasts")} == {"a", "c"}


def test_a_value_that_came_late_was_not_known(small: Small) -> None:
    small.configure(delay=40 * 86_400)
    small.run()
    run_id = small.run(slot=JULY)
    rows = small.rows(f"SELECT min(ds) AS ds, max(cutoff) AS cutoff FROM forecast_history WHERE run_id = {run_id}")
    assert rows == [{"ds": "2023-06-01", "cutoff": "2023-05-01"}]
