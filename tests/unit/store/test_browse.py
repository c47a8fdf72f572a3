from collections.abc import Callable
from datetime import timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine, insert, update

from tests.unit.store.conftest import START, slot
from tsflow.store import browse, models, quarantine, runs
from tsflow.store.engine import writing
from tsflow.store.leases import Fence
from tsflow.store.schema import observations, series

Forecast = Callable[..., runs.Run]


def observe(engine: Engine, series_id: int, values: dict[int, float]) -> None:
    """What came true, by slot number."""
    stamped = {"recorded_at": START, "available_at": START, "run_id": 1}
    rows = [{"series_id": series_id, "ds": slot(number), "y": y, **stamped} for number, y in values.items()]
    with writing(engine) as connection:
        connection.execute(insert(observations), rows)


def test_series_are_found_by_a_part_of_their_name(engine: Engine, series_ids: list[int]) -> None:
    assert browse.find_series(engine, "walkers", "B")["unique_id"].tolist() == ["b"]
    assert browse.find_series(engine, "walkers")["unique_id"].tolist() == ["a", "b", "c"]
    assert browse.find_series(engine, "walkers", limit=2)["id"].tolist() == series_ids[:2]
    assert browse.find_series(engine, "walkers", "%").empty  # a per cent sign is itself
    assert browse.series_ids(engine, "walkers", ["c", "a", "nobody"]) == {"a": series_ids[0], "c": series_ids[2]}


def test_a_series_of_exactly_that_name_comes_first_then_those_with_a_forecast(
    engine: Engine, forecast: Forecast, series_ids: list[int]
) -> None:
    forecast(0, series_ids[1:])
    found = browse.find_series(engine, "walkers")
    assert list(zip(found["unique_id"], found["forecast"], strict=True)) == [("b", True), ("c", True), ("a", False)]
    with writing(engine) as connection:
        connection.execute(update(series).where(series.c.unique_id == "b").values(unique_id="ba"))
    assert browse.find_series(engine, "walkers", "a", 1)["unique_id"].tolist() == ["a"]


def test_history_is_the_last_observations_ascending(engine: Engine, series_ids: list[int]) -> None:
    observe(engine, series_ids[0], {0: 1.0, 2: 3.0, 1: 2.0})
    assert browse.history(engine, series_ids[0], 2)["y"].tolist() == [2.0, 3.0]
    assert browse.history(engine, series_ids[1], 2).empty


def test_issues_are_newest_first_and_a_slot_done_again_counts_once(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    for number in range(3):
        forecast(number, series_ids)
    forecast(3, series_ids, publish=False)
    again = runs.begin(engine, fence, "forecast", slot(1), now=slot(4), force=True)
    with writing(engine) as connection:
        runs.set_values(connection, again.id, published_at=slot(4))
    found = browse.issues(engine, "walkers")
    assert found["slot"].tolist() == list(pd.date_range("2024-01-01 02:00", periods=3, freq="-1h"))
    assert found["run_id"].iloc[1] == again.id
    assert len(browse.issues(engine, "walkers", limit=1)) == 1


def test_a_past_forecast_is_read_by_its_run(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    old = forecast(0, series_ids, value=5.0)
    forecast(1, series_ids, value=7.0)
    found = browse.forecast_of(engine, old.id, series_ids[0])
    assert found["y_hat"].tolist() == [5.0] * 3
    assert found["lead"].tolist() == [1, 2, 3]
    assert set(found["model"]) == {"gru"}
    assert set(found["reason"]) == {"it won"}


def test_accuracy_is_summed_up_by_issue_and_lead(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    forecast(0, series_ids[:2], value=10.0)  # of hours 0, 1 and 2, +- 1 and +- 2
    forecast(1, series_ids[:2], value=10.0)
    observe(engine, series_ids[0], {0: 10.0, 1: 11.5})
    observe(engine, series_ids[1], {0: 8.0})
    found = browse.accuracy(engine, "walkers")
    assert found["slot"].tolist() == list(pd.to_datetime(["2024-01-01 00:00"] * 2 + ["2024-01-01 01:00"]))
    assert found["lead"].tolist() == [1, 2, 1]
    assert found["steps"].tolist() == [2, 1, 1]
    assert found["mae"].tolist() == [1.0, 1.5, 1.5]
    assert found["bias"].tolist() == [1.0, -1.5, -1.5]
    assert found["level"].tolist() == [9.0, 11.5, 11.5]
    assert found["coverage_80"].tolist() == [0.5, 0.0, 0.0]
    assert found["coverage_95"].tolist() == [1.0, 1.0, 1.0]
    assert browse.accuracy(engine, "walkers", limit=1)["steps"].tolist() == [1]
    assert browse.accuracy(engine, "nobody").empty


def test_series_are_ranked_by_what_matters(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    a, b, _ = series_ids
    forecast(0, [a, b], value=10.0)
    observe(engine, a, {0: 10.0})
    observe(engine, b, {0: 8.0})
    forecast(1, [a, b], value=10.0)
    forecast(2, [b], value=40.0)

    def first(by: browse.Ranking) -> tuple[str, float]:
        found = browse.ranked(engine, "walkers", by)
        return found["unique_id"].iloc[0], pytest.approx(found["value"].iloc[0])

    assert first("uncertain") == ("a", 2 / 10)
    assert first("changed") == ("b", 30 / 40)
    assert first("wrong") == ("b", 2 / 8)


def test_nothing_is_ranked_where_nothing_is_published(engine: Engine, series_ids: list[int]) -> None:
    for by in ("uncertain", "changed", "wrong"):
        assert browse.ranked(engine, "walkers", by).empty  # type: ignore[arg-type]


def test_curves_come_by_architecture(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "retrain", START, now=START)
    curve = [[10, 0.5, None], [20, 0.4, 0.3]]
    ids = [
        models.record(engine, fence, run.id, models.Training(architecture=name, role="candidate", curve=one)).id
        for name, one in (("gru", curve), ("rnn", None))
    ]
    assert browse.curves(engine, ids) == {"gru": curve}
    assert browse.curves(engine, []) == {}


def test_refusals_are_counted_by_check_with_an_example(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "ingest", START, now=START)
    rows = [
        {
            "fingerprint": str(n),
            "failed_check": check,
            "reason": f"{check} {n}",
            "raw": "{}",
            "unique_id": "a",
            "ds": "",
        }
        for n, check in enumerate(["off_grid", "too_large", "off_grid"])
    ]
    quarantine.record(engine, fence, run.id, "a.csv", pd.DataFrame(rows), now=START + timedelta(hours=1))
    found = browse.refusals(engine, "walkers")
    assert found.to_dict("records") == [
        {"failed_check": "off_grid", "rows": 2, "reason": "off_grid 0"},
        {"failed_check": "too_large", "rows": 1, "reason": "too_large 1"},
    ]
