"""Forecasts in parts: the same rows, however the series are divided."""

import numpy as np
import pandas as pd
import pytest

from tests.projects import WALL, Small, seasonal
from tsflow import steps
from tsflow.errors import StoreError
from tsflow.steps.past.reproduce import reproduce

ROWS = "SELECT unique_id, ds, y_hat, lo_80, hi_80, lo_95, hi_95, source FROM latest_forecasts ORDER BY unique_id, ds"


def test_parts_are_forecast_as_the_whole(small: Small) -> None:
    cold = seasonal(("a", "b")).assign(
        y=lambda frame: frame["y"] - 1000, unique_id=lambda frame: "cold " + frame["unique_id"]
    )
    low = seasonal(("low",)).assign(y=lambda frame: (frame["y"] % 7).round(3))
    small.write(pd.concat([seasonal(), cold, low]))
    small.run()
    whole = pd.DataFrame(small.rows(ROWS))
    small.configure_project(task_runner={"shard": 150})  # two series of 72, and one
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
        steps.open_job(ticket) as job,
    ):
        plan = steps.plan_forecast(job)
        assert len(plan.shards) == 3
        for number in (2, 0, 1, 0):  # any order; once more does no harm
            steps.forecast_shard(job, plan, number)
        steps.publish(job, plan)
    parts = pd.DataFrame(small.rows(ROWS))
    numbers = ["y_hat", "lo_80", "hi_80", "lo_95", "hi_95"]
    assert parts.drop(columns=numbers).equals(whole.drop(columns=numbers))
    np.testing.assert_allclose(parts[numbers], whole[numbers], rtol=1e-4, atol=1e-3)
    # A series that was never negative may become so where others are: also in a part without these others.
    assert (parts[parts["unique_id"] == "low"]["lo_95"] < 0).any()


def test_a_series_of_zeros_gets_the_intervals_that_it_has_in_the_whole(small: Small) -> None:
    # It has no scale of its own, by which intervals are corrected: it takes the usual one of all the others.
    cold = seasonal(("a", "b", "c", "d")).assign(y=lambda frame: frame["y"] - 1000)
    small.write(pd.concat([cold, seasonal(("still",)).assign(y=0.0)]))
    small.run()
    whole = pd.DataFrame(small.rows(ROWS))
    assert set(whole["source"]) == {"champion"}
    small.configure_project(task_runner={"shard": 80})
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test", force=True) as ticket,
        steps.open_job(ticket) as job,
    ):
        run_id = steps.forecast(job)
        again = reproduce(job.project, job.engine, run_id, config=small.config)
    parts = pd.DataFrame(small.rows(ROWS))
    for name in ("lo_80", "hi_80", "lo_95", "hi_95"):
        np.testing.assert_allclose(parts[name], whole[name], rtol=1e-4, atol=1e-3)
    assert again.equal, again.differences


def test_a_series_that_has_ended_lets_no_other_be_negative(small: Small) -> None:
    low = seasonal(("low",)).assign(y=lambda frame: (frame["y"] % 7).round(3))
    ended = seasonal(("ended",)).head(20).assign(y=-1.0)
    small.write(pd.concat([seasonal(), low, ended]))
    small.run()
    rows = pd.DataFrame(small.rows(ROWS))
    assert "low" in set(rows["unique_id"])
    assert "ended" not in set(rows["unique_id"])
    assert rows["lo_95"].min() >= 0


def test_forecasts_do_not_depend_on_the_unit(small: Small) -> None:
    still = seasonal(("still",)).assign(y=lambda frame: frame["y"].where(frame.index < 20, 0.0))
    data = pd.concat([seasonal(), still])
    training = {"min_steps": 20, "max_steps": 20, "search": False, "transform": "none"}
    small.configure(architectures=["stage"], training=training)
    small.write(data)
    small.run()
    ones = pd.DataFrame(small.rows(ROWS))
    small.write(data.assign(y=data["y"] / 1024))
    small.run(force=True)
    small_ones = pd.DataFrame(small.rows(ROWS))
    assert set(ones["source"]) == {"champion"}
    for name in ("y_hat", "lo_80", "hi_80", "lo_95", "hi_95"):
        np.testing.assert_allclose(small_ones[name] * 1024, ones[name], rtol=1e-3, atol=0.05)


def test_nothing_is_published_before_every_part_is_there(small: Small) -> None:
    small.configure_project(task_runner={"shard": 1})
    with steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket, steps.open_job(ticket) as job:
        steps.ingest(job)
        plan = steps.plan_forecast(job)
        steps.forecast_shard(job, plan, 0)
        with pytest.raises(StoreError, match="1 of 2 series"):
            steps.publish(job, plan)
    assert small.rows("SELECT * FROM latest_forecasts") == []
