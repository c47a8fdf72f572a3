"""Rolling origin over the past, on both databases."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner
from utilsforecast.evaluation import evaluate
from utilsforecast.losses import coverage, mae, mase

from tests.projects import PIPELINE, Small, seasonal
from tsflow.cli import app

MODELS = ["drift", "gru", "naive", "seasonal_naive", "stage"]


def backtest(small: Small, *options: str) -> Any:
    command = ["backtest", "small", "--windows", "4", "--step", "3", *options, "--config", small.config]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 0, done.output
    return done


def test_a_backtest_compares_all_from_the_same_cutoffs_and_goes_on_where_it_stopped(small: Small) -> None:
    small.configure(training=PIPELINE["training"] | {"search": False})
    assert CliRunner().invoke(app, ["ingest", "small", "--config", small.config]).exit_code == 0
    board = pd.DataFrame(json.loads(backtest(small, "--retrain", "2", "--format", "json").stdout))
    assert set(MODELS) <= set(board["model"])
    assert set(board["steps"]) == {2 * 4 * 6}
    assert board["mase"].is_monotonic_increasing
    assert board.set_index("model").loc["seasonal_naive", "mase"] == pytest.approx(1.0)
    trained = small.rows("SELECT slot, known_at FROM runs WHERE kind = 'retrain' ORDER BY slot")
    assert len(trained) == 2  # every two of four windows
    assert small.rows("SELECT * FROM champions") == []
    before = small.everything()
    by_lead = pd.DataFrame(json.loads(backtest(small, "--retrain", "2", "--by", "lead", "--format", "json").stdout))
    assert sorted(set(by_lead["lead"])) == [1, 2, 3, 4, 5, 6]
    assert small.everything() == before


def test_its_seasonal_naive_is_as_it_would_be_published(small: Small, tmp_path: Path) -> None:
    small.configure(architectures=["stage"])
    small.write(seasonal().assign(y=lambda frame: frame["y"] % 7))
    assert CliRunner().invoke(app, ["ingest", "small", "--config", small.config]).exit_code == 0
    file = tmp_path / "backtest.parquet"
    backtest(small, "--output", str(file))
    frame = pd.read_parquet(file)
    assert frame["seasonal_naive-lo-95"].min() == 0  # no value was ever negative


def test_its_file_is_what_utilsforecast_evaluates(small: Small, tmp_path: Path) -> None:
    small.configure(architectures=["stage"])
    too_young_for_a_network = seasonal(names=("young",), months=16, start="2022-09-01")
    small.write(pd.concat([seasonal(), too_young_for_a_network]))
    assert CliRunner().invoke(app, ["ingest", "small", "--config", small.config]).exit_code == 0
    file = tmp_path / "backtest.parquet"
    backtest(small, "--output", str(file))
    frame = pd.read_parquet(file)
    history = pd.read_csv(small.source, parse_dates=["ds"])
    names = [name for name in MODELS if name != "gru"]
    found = evaluate(
        frame,
        [mae, partial(mase, seasonality=12), coverage],
        models=names,
        train_df=history,
        level=[80],
    )
    assert set(found["unique_id"]) == {"a", "b"}
    assert found["cutoff"].nunique() == 4
    ours = frame.assign(error=(frame["stage"] - frame["y"]).abs()).groupby(["unique_id", "cutoff"])["error"].mean()
    theirs = found[found["metric"] == "mae"].set_index(["unique_id", "cutoff"])["stage"]
    pd.testing.assert_series_equal(ours.sort_index(), theirs.sort_index(), check_names=False)


def test_without_statsforecast_it_says_what_to_install(small: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "statsforecast", None)
    small.configure(architectures=["stage"])
    assert CliRunner().invoke(app, ["ingest", "small", "--config", small.config]).exit_code == 0
    command = ["backtest", "small", "--windows", "1", "--with", "auto_ets", "--config", small.config]
    told = CliRunner().invoke(app, command)
    assert told.exit_code == 2
    assert "pip install 'tsflow[statistics]'" in told.stderr


def test_more_windows_than_the_history_has_are_refused_with_what_it_has(small: Small) -> None:
    assert CliRunner().invoke(app, ["ingest", "small", "--config", small.config]).exit_code == 0
    command = ["backtest", "small", "--windows", "300", "--step", "6", "--config", small.config]
    done = CliRunner().invoke(app, command)
    assert done.exit_code == 2
    assert "at most 11 have any" in done.output
