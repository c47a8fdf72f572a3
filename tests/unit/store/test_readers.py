from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from sqlalchemy import Engine

from tsflow.store import decisions, forecasts, models, readers, runs
from tsflow.store.forecasts import Origin
from tsflow.store.leases import LIVE, Fence
from tsflow.store.models import Training

START = datetime(2024, 1, 1, tzinfo=UTC)
Forecast = Callable[..., runs.Run]


def test_times_are_parsed_to_naive_utc(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    forecast(0, series_ids)
    latest = readers.latest_forecasts(engine, "walkers", ["a"])
    assert {str(latest[name].dtype) for name in ("ds", "ds_local", "cutoff", "issued_at")} == {"datetime64[us]"}
    assert latest["ds"].tolist() == list(pd.date_range("2024-01-01", periods=3, freq="h"))


def test_forecasts_of_chosen_series_and_pipelines(engine: Engine, forecast: Forecast, series_ids: list[int]) -> None:
    forecast(0, series_ids)
    assert set(readers.latest_forecasts(engine, series=["a", "c"])["unique_id"]) == {"a", "c"}
    assert readers.latest_forecasts(engine, "another").empty
    assert readers.latest_forecasts(engine, series=[]).empty


@pytest.mark.parametrize(
    ("minutes", "slots"),
    [(0, set()), (5, {0}), (100, {0}), (125, {2}), (24 * 60, {2})],
)
def test_forecasts_as_a_reader_saw_them_at_a_moment(
    engine: Engine, forecast: Forecast, series_ids: list[int], minutes: int, slots: set[int]
) -> None:
    for number in (0, 2):
        forecast(number, series_ids)
    seen = readers.latest_forecasts(engine, "walkers", ["a"], as_of=START + timedelta(minutes=minutes))
    assert set(seen["issued_at"]) == {
        pd.Timestamp(START.replace(tzinfo=None)) + pd.Timedelta(hours=slot) for slot in slots
    }
    assert len(seen) == 3 * len(slots)


def test_what_a_slot_had_said_before_it_was_forecast_again_is_seen_as_of_then(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    first = forecast(0, series_ids, value=1.0)
    runs.begin(engine, fence, "forecast", first.slot, now=first.slot, force=True)
    again = forecast(0, series_ids, value=2.0, publish=False)
    forecasts.publish(engine, fence, again.id, first.slot + timedelta(minutes=50))
    assert set(readers.forecast_history(engine)["y_hat"]) == {2}
    for minutes, value in {49: 1, 51: 2}.items():
        seen = readers.latest_forecasts(engine, as_of=first.slot + timedelta(minutes=minutes))
        assert (set(seen["y_hat"]), len(seen)) == ({value}, 9)


def test_a_series_left_out_of_the_newest_run_keeps_its_forecast_as_of_then(
    engine: Engine, forecast: Forecast, series_ids: list[int]
) -> None:
    forecast(0, series_ids)
    forecast(1, series_ids[:1])
    now = readers.latest_forecasts(engine)
    then = readers.latest_forecasts(engine, as_of=START + timedelta(days=1))
    pd.testing.assert_frame_equal(now, then)


def test_a_series_that_has_ended_is_not_seen_as_of_then(
    engine: Engine, fence: Fence, forecast: Forecast, series_ids: list[int]
) -> None:
    forecast(0, series_ids)
    run = forecast(1, series_ids[:2], publish=False)
    ended = Origin(series_id=series_ids[2], cutoff=START, model_id=None, source="none", reason="ended")
    forecasts.write_origins(engine, fence, run.id, [ended])
    forecasts.publish(engine, fence, run.id, START + timedelta(minutes=65))
    now = readers.latest_forecasts(engine)
    pd.testing.assert_frame_equal(now, readers.latest_forecasts(engine, as_of=START + timedelta(days=1)))
    assert set(now["unique_id"]) == {"a", "b"}
    before = readers.latest_forecasts(engine, as_of=START + timedelta(minutes=64))
    assert set(before["unique_id"]) == {"a", "b", "c"}


def test_the_leaderboard_is_best_first_and_failures_last(engine: Engine, fence: Fence) -> None:
    _decide(engine, fence, {"rnn": 0.7, "cnn": None, "gru": 0.5})
    assert readers.leaderboard(engine, "walkers")["architecture"].tolist() == ["gru", "rnn", "cnn"]


def test_decisions_are_newest_first_with_their_documents(engine: Engine, fence: Fence) -> None:
    _decide(engine, fence, {"gru": 0.5})
    frame = readers.decisions(engine, "walkers")
    assert models.champion(engine, "walkers", LIVE) == models.get(engine, frame["model_id"].item())
    assert frame["candidates"].tolist() == [[{"architecture": "gru"}]]
    assert frame["decided_at"].tolist() == [pd.Timestamp("2024-01-01")]
    assert readers.champions(engine)["outcome"].tolist() == ["promoted"]


def test_a_decision_for_an_older_slot_is_not_the_newest(engine: Engine, fence: Fence) -> None:
    _decide(engine, fence, {"gru": 0.5}, START + timedelta(hours=1))
    _decide(engine, fence, {"rnn": 0.5})
    slots = readers.decisions(engine, "walkers")["slot"].tolist()
    assert slots == [pd.Timestamp("2024-01-01 01:00"), pd.Timestamp("2024-01-01 00:00")]


def test_series_come_with_their_last_observation(engine: Engine, series_ids: list[int]) -> None:
    frame = readers.series(engine, "walkers")
    assert frame["unique_id"].tolist() == ["a", "b", "c"]
    assert frame["last_ds"].iloc[0] == pd.Timestamp("2023-12-31 23:00")
    assert frame["first_ds"].isna().all()


def test_runs_are_newest_first(engine: Engine, fence: Fence) -> None:
    for hours in range(3):
        moment = START + timedelta(hours=hours)
        runs.begin(engine, fence, "ingest", moment, now=moment)
    frame = readers.runs(engine, "walkers", limit=2)
    assert frame["slot"].tolist() == [pd.Timestamp("2024-01-01 02:00"), pd.Timestamp("2024-01-01 01:00")]
    assert readers.pipeline_health(engine)["pipeline"].tolist() == ["walkers"]


def test_a_run_that_has_not_ended_stands_beside_one_that_has(engine: Engine, fence: Fence) -> None:
    for hours in range(2):
        moment = START + timedelta(hours=hours)
        run = runs.begin(engine, fence, "ingest", moment, now=moment)
        if hours == 0:
            runs.succeed(engine, fence, run.id, now=moment)
    assert readers.runs(engine, "walkers")["finished_at"].isna().tolist() == [True, False]


def test_an_empty_database_gives_empty_frames_with_their_columns(engine: Engine) -> None:
    for read in (
        *(readers.latest_forecasts, readers.forecast_history, readers.forecast_accuracy, readers.leaderboard),
        *(readers.champions, readers.data_quality, readers.pipeline_health, readers.decisions),
        *(readers.quarantine, readers.series, readers.runs),
    ):
        frame = read(engine)
        assert frame.empty
        assert "pipeline" in frame.columns


def _decide(engine: Engine, fence: Fence, losses: dict[str, float | None], slot: datetime = START) -> None:
    run = runs.begin(engine, fence, "retrain", slot, now=START)
    rows = [
        models.record(engine, fence, run.id, Training(architecture=name, role="candidate", select_loss=loss))
        for name, loss in losses.items()
    ]
    documents = [{"architecture": name} for name in losses]
    values = {"outcome": "promoted", "model_id": rows[-1].id, "reason": "won", "candidates": documents}
    decisions.record(engine, fence, run.id, now=START, **values)
