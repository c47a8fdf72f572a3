"""What readers see, in SQL; the same text on both databases."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, text, update

from tsflow import config
from tsflow.quality.report import QualityReport
from tsflow.store import decisions, models, pipelines, runs
from tsflow.store.engine import reading, writing
from tsflow.store.leases import Fence, acquire
from tsflow.store.models import Training
from tsflow.store.schema import observations, quarantine, series
from tsflow.store.views import views

START = datetime(2024, 1, 1, tzinfo=UTC)
Forecast = Callable[..., runs.Run]


def test_times_are_iso_text_in_utc_and_in_the_pipelines_zone(
    engine: Engine, forecast: Forecast, series_ids: list[int]
) -> None:
    forecast(0, series_ids)
    row = _rows(engine, "SELECT * FROM latest_forecasts WHERE unique_id = 'a' AND lead = 2")[0]
    assert (row["ds"], row["ds_local"]) == ("2024-01-01 01:00:00", "2024-01-01 12:00:00")
    assert (row["cutoff"], row["issued_at"]) == ("2023-12-31 23:00:00", "2024-01-01 00:00:00")
    assert row["published_at"] == "2024-01-01 00:05:00"
    assert (row["y_hat"], row["lo_80"], row["hi_95"]) == (10, 9, 12)
    assert (row["source"], row["model"], row["reason"]) == ("champion", "gru", "it won")


def test_local_time_follows_daylight_saving(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    winter = int((datetime(2024, 7, 1, tzinfo=UTC) - START) / timedelta(hours=1))
    forecast(winter, series_ids)
    assert _rows(engine, "SELECT ds_local FROM latest_forecasts WHERE unique_id = 'a' AND lead = 1") == [
        {"ds_local": "2024-07-01 10:00:00"}
    ]


def test_dates_of_calendar_frequencies_are_dates_in_every_zone(
    engine: Engine, forecast: Forecast, fence: Fence, pipeline: config.Pipeline, series_ids: list[int]
) -> None:
    pipelines.register(engine, fence, pipeline.model_copy(update={"frequency": "D"}), now=START, due_at=None)
    forecast(1, series_ids)
    row = _rows(engine, "SELECT ds, ds_local, cutoff, issued_at FROM latest_forecasts WHERE unique_id = 'a'")[0]
    assert (row["ds"], row["ds_local"], row["cutoff"]) == ("2024-01-01",) * 3
    assert row["issued_at"] == "2024-01-01 01:00:00"


def test_the_history_has_every_issue_of_a_step(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    for number in (0, 2, 1):
        forecast(number, series_ids, value=float(number))
    query = (
        "SELECT issued_at, lead, y_hat FROM forecast_history "
        "WHERE unique_id = 'b' AND ds = '2024-01-01 02:00:00' ORDER BY issued_at"
    )
    assert _rows(engine, query) == [
        {"issued_at": "2024-01-01 00:00:00", "lead": 3, "y_hat": 0},
        {"issued_at": "2024-01-01 01:00:00", "lead": 2, "y_hat": 1},
        {"issued_at": "2024-01-01 02:00:00", "lead": 1, "y_hat": 2},
    ]


def test_accuracy_sets_forecasts_beside_what_came_true(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    forecast(0, series_ids)
    _observe(engine, fence, series_ids[0], {0: 10.5, 1: 8.5})
    rows = _rows(engine, "SELECT * FROM forecast_accuracy ORDER BY lead")
    assert [(row["unique_id"], row["lead"], row["y"], row["error"]) for row in rows] == [
        ("a", 1, 10.5, -0.5),
        ("a", 2, 8.5, 1.5),
    ]
    assert [(row["absolute_error"], row["squared_error"]) for row in rows] == [(0.5, 0.25), (1.5, 2.25)]
    assert [(row["in_80"], row["in_95"]) for row in rows] == [(1, 1), (0, 1)]


def test_history_and_accuracy_count_a_slot_that_was_forced_again_once(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    first = forecast(0, series_ids, value=1.0)
    runs.begin(engine, fence, "forecast", first.slot, now=START, force=True)
    _observe(engine, fence, series_ids[0], {0: 3.0})
    assert _rows(engine, "SELECT y_hat FROM forecast_accuracy") == [{"y_hat": 1}]
    forecast(0, series_ids, value=2.0)
    assert _rows(engine, "SELECT y_hat FROM forecast_accuracy") == [{"y_hat": 2}]
    history = "SELECT lead, y_hat FROM forecast_history WHERE unique_id = 'a' ORDER BY lead"
    assert _rows(engine, history) == [{"lead": lead, "y_hat": 2} for lead in (1, 2, 3)]


def test_the_leaderboard_shows_the_last_retrain_and_its_champion(engine: Engine, fence: Fence) -> None:
    _retrain(engine, fence, 0, {"rnn": 0.1})
    _retrain(engine, fence, 1, {"gru": 0.5, "lstm": 0.7, "cnn": None})
    runs.begin(engine, fence, "retrain", START + timedelta(hours=2), now=START)
    rows = _rows(engine, "SELECT architecture, select_loss, status, champion FROM leaderboard ORDER BY architecture")
    assert [tuple(row.values()) for row in rows] == [
        ("cnn", None, "failed", 0),
        ("gru", 0.5, "trained", 1),
        ("lstm", 0.7, "trained", 0),
    ]


def test_champions_shows_the_decision_behind_each(engine: Engine, fence: Fence) -> None:
    _retrain(engine, fence, 0, {"rnn": 0.1})
    _retrain(engine, fence, 1, {"gru": 0.5, "lstm": 0.7})
    rows = _rows(engine, "SELECT pipeline, architecture, role, outcome, previous, slot FROM champions")
    assert [tuple(row.values()) for row in rows] == [
        ("walkers", "gru", "refit", "promoted", "rnn", "2024-01-01 01:00:00")
    ]


def test_a_replays_champion_is_not_shown(engine: Engine, fence: Fence) -> None:
    _retrain(engine, acquire(engine, "walkers", "replay-1", "the tests", 600), 0, {"rnn": 0.1})
    assert _rows(engine, "SELECT * FROM champions") == _rows(engine, "SELECT * FROM leaderboard") == []


def test_data_quality_shows_the_last_ingest_and_what_is_open(engine: Engine, fence: Fence) -> None:
    counts = {"rows_read": 12, "new": 5, "changed": 1, "same": 2, "duplicates": 1}
    found = QualityReport(**counts, quarantined={"off the grid": 1, "not finite": 2})
    run = _ingest(engine, fence, 1, found.model_dump(mode="json"))
    _ingest(engine, fence, 0, QualityReport().model_dump(mode="json"))
    _refuse(engine, run.id, "x", None)
    _refuse(engine, run.id, "y", START)
    row = _rows(engine, "SELECT * FROM data_quality")[0]
    assert {name: row[name] for name in counts} == counts
    assert (row["missing"], row["quarantined"]) == (0, 3)
    assert (row["pipeline"], row["slot"], row["status"]) == ("walkers", "2024-01-01 01:00:00", "succeeded")
    assert row["open_quarantine"] == 1


def test_a_failed_ingest_shows_its_error(engine: Engine, fence: Fence) -> None:
    run = runs.begin(engine, fence, "ingest", START, now=START)
    assert _rows(engine, "SELECT * FROM data_quality") == []
    runs.fail(engine, fence, run.id, now=START, error="41 % of the rows are bad", report={"rows_read": 7})
    row = _rows(engine, "SELECT status, rows_read, new, quarantined, error FROM data_quality")[0]
    assert tuple(row.values()) == ("failed", 7, None, 0, "41 % of the rows are bad")


def test_a_pipeline_that_has_done_nothing_says_so(engine: Engine, fence: Fence) -> None:
    row = _rows(engine, "SELECT * FROM pipeline_health")[0]
    assert (row["pipeline"], row["state"], row["series"]) == ("walkers", "nothing published", 0)
    assert (row["last_ingest"], row["newest_observation"], row["published_slot"]) == (None, None, None)


def test_health_counts_what_is_late_and_missing(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = _ingest(engine, fence, 0, {})
    _refuse(engine, run.id, "x", None)
    forecast(0, series_ids[:2])
    row = _rows(engine, "SELECT * FROM pipeline_health")[0]
    assert (row["series"], row["series_without_forecast"], row["ended_series"]) == (3, 3, 0), "that of two is over"
    assert (row["last_ingest"], row["last_retrain"]) == ("2024-01-01 00:00:00", None)
    assert (row["newest_observation"], row["forecast_until"]) == (
        "2023-12-31 23:00:00",
        "2024-01-01 02:00:00",
    )
    assert row["published_slot"] == "2024-01-01 00:00:00"
    assert row["open_quarantine"] == 1
    late = (datetime.now(UTC) - START) / timedelta(hours=1)
    assert late - 1 <= row["steps_behind"] <= late + 2
    assert row["state"] == "forecast is over"


def test_a_pipeline_on_the_clock_of_its_data_is_never_late(
    engine: Engine, forecast: Forecast, fence: Fence, pipeline: config.Pipeline, series_ids: list[int]
) -> None:
    pipelines.register(engine, fence, pipeline.model_copy(update={"clock": "data"}), now=START, due_at=None)
    forecast(0, series_ids[:2])
    assert _health(engine) == {"state": "series without forecast", "steps_behind": None, "last_error": None}
    forecast(1, series_ids)
    assert _health(engine)["state"] == "ok"


def test_a_series_whose_newest_forecast_is_over_has_none(
    engine: Engine, forecast: Forecast, series_ids: list[int]
) -> None:
    now = int((datetime.now(UTC) - START) / timedelta(hours=1))
    forecast(now - 4, series_ids)
    forecast(now, series_ids[:2])
    query = "SELECT state, series_without_forecast FROM pipeline_health"
    assert _rows(engine, query) == [{"state": "series without forecast", "series_without_forecast": 1}]


def test_health_shows_the_error_of_the_last_run(
    engine: Engine, forecast: Forecast, fence: Fence, series_ids: list[int]
) -> None:
    forecast(0, series_ids)
    run = runs.begin(engine, fence, "ingest", START, now=START + timedelta(hours=1))
    runs.fail(engine, fence, run.id, now=START, error="no network")
    assert _health(engine)["state"] == "last run failed"
    assert _health(engine)["last_error"] == "no network"


def test_health_shows_a_failed_retrain_until_one_succeeds_however_many_forecasts_follow(
    engine: Engine, forecast: Forecast, fence: Fence, pipeline: config.Pipeline, series_ids: list[int]
) -> None:
    pipelines.register(engine, fence, pipeline.model_copy(update={"clock": "data"}), now=START, due_at=None)
    _retrain(engine, fence, 0, {"rnn": 0.1})
    run = runs.begin(engine, fence, "retrain", START + timedelta(hours=1), now=START)
    runs.fail(engine, fence, run.id, now=START, error="no candidate could be trained")
    for number in (1, 2):
        forecast(number, series_ids)
        found = _health(engine)
        assert (found["state"], found["last_error"]) == ("last retrain failed", "no candidate could be trained")
    _retrain(engine, fence, 2, {"rnn": 0.1})
    found = _health(engine)
    assert (found["state"], found["last_error"]) == ("ok", None)


@pytest.mark.parametrize("name", [view.name for view in views("sqlite")])
def test_every_view_is_there_and_its_example_runs(
    engine: Engine, forecast: Forecast, series_ids: list[int], name: str
) -> None:
    forecast(0, series_ids)
    view = next(view for view in views(engine.dialect.name) if view.name == name)
    with reading(engine) as connection:
        assert list(connection.execute(text(f"SELECT * FROM {name}")).keys()) == list(view.columns)
        connection.execute(text(view.example))


def test_all_views_have_the_same_columns_on_both_databases() -> None:
    for lite, full in zip(views("sqlite"), views("postgresql"), strict=True):
        assert (lite.name, list(lite.columns), lite.example) == (full.name, list(full.columns), full.example)


def _rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]


def _health(engine: Engine) -> dict[str, Any]:
    return _rows(engine, "SELECT state, steps_behind, last_error FROM pipeline_health")[0]


def _observe(engine: Engine, fence: Fence, series_id: int, values: dict[int, float]) -> None:
    run = _ingest(engine, fence, 0, {})
    rows = [
        {"series_id": series_id, "ds": START + timedelta(hours=hours), "y": y}
        | {"recorded_at": START, "available_at": START, "run_id": run.id}
        for hours, y in values.items()
    ]
    with writing(engine) as connection:
        connection.execute(insert(observations), rows)
        connection.execute(update(series).values(last_ds=START + timedelta(hours=max(values))))


def _ingest(engine: Engine, fence: Fence, number: int, report: dict[str, Any]) -> runs.Run:
    slot = START + timedelta(hours=number)
    run = runs.begin(engine, fence, "ingest", slot, now=slot)
    return runs.succeed(engine, fence, run.id, now=slot, report=report)


def _retrain(engine: Engine, fence: Fence, number: int, losses: dict[str, float | None]) -> None:
    """The first architecture wins and is refit."""
    run = runs.begin(engine, fence, "retrain", START + timedelta(hours=number), now=START)
    for name, loss in losses.items():
        status = "failed" if loss is None else "trained"
        models.record(
            engine,
            fence,
            run.id,
            Training(architecture=name, role="candidate", status=status, select_loss=loss),
        )
    winner = models.record(engine, fence, run.id, Training(architecture=next(iter(losses)), role="refit"))
    values = {"outcome": "promoted", "model_id": winner.id, "reason": "lowest loss"}
    decisions.record(engine, fence, run.id, now=START, **values)


def _refuse(engine: Engine, run_id: int, fingerprint: str, resolved_at: datetime | None) -> None:
    row = {"pipeline": "walkers", "source": "csv", "fingerprint": fingerprint, "raw": "{}", "run_id": run_id}
    row |= {"failed_check": "time_unparseable", "reason": "no date", "first_seen": START, "last_seen": START}
    with writing(engine) as connection:
        connection.execute(insert(quarantine).values(resolved_at=resolved_at, **row))
