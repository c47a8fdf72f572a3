"""What the commands about the past do, from Python, on both databases."""

import json
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner
from utilsforecast.evaluation import evaluate
from utilsforecast.losses import mae

import tsflow
from tests.projects import PIPELINE, Small, seasonal
from tsflow.cli import app
from tsflow.errors import ConfigError, DataError

QUICK = {"architectures": ["stage"], "training": PIPELINE["training"] | {"search": False}}


@pytest.fixture
def pipeline(small: Small) -> tsflow.Pipeline:
    small.configure(**QUICK)
    return tsflow.Project.load(small.config).pipeline("small")


def test_missed_slots_are_made_up_for(small: Small, pipeline: tsflow.Pipeline) -> None:
    small.write(seasonal(months=70))
    first = pipeline.run()
    small.write(seasonal())
    told: list[str] = []
    lived = pipeline.backfill("2023-10-15", on_progress=lambda what, *_: told.append(what))
    assert lived["slot"].tolist() == [
        pd.Timestamp("2023-10-01"),
        pd.Timestamp("2023-11-01"),
        pd.Timestamp("2023-12-01"),
    ]
    assert lived["outcome"].tolist() == ["published", "done", "published"]
    assert lived["run_id"].iloc[1] == first
    assert lived["error"].isna().all()
    assert "slot 2023-10-01 00:00 published" in told
    assert pipeline.reproduce(int(lived["run_id"].iloc[0])).equal
    assert pipeline.backfill(pd.Timestamp("2023-10-01"), "2023-10-31T23:00+00:00")["outcome"].tolist() == ["done"]


def test_a_replay_has_the_record_that_the_command_shows(small: Small, pipeline: tsflow.Pipeline) -> None:
    replay = pipeline.replay("2023-08-01", "2023-10-01")
    assert replay.slots["outcome"].tolist() == ["published"] * 3
    assert replay.costs["retrains"] >= 1
    command = ["replay", "small", "--from", "2023-08-01", "--to", "2023-10-01", "--by", "lead", "--format", "json"]
    shown = CliRunner().invoke(app, [*command, "--config", small.config])
    assert replay.space in shown.stderr
    assert json.loads(shown.stdout) == json.loads(replay.summary("lead").to_json(orient="records", double_precision=15))
    assert small.rows("SELECT * FROM champions") == []
    assert pipeline.forecasts().empty
    with pytest.raises(ConfigError, match="by: 'zz' is none of all, month, lead, series, model"):
        replay.summary("zz")  # type: ignore[arg-type]


def test_a_backtest_is_ranked_and_evaluated(small: Small, pipeline: tsflow.Pipeline) -> None:
    with pytest.raises(DataError, match="no observation yet"):
        pipeline.backtest()
    pipeline.run()
    small.configure(**QUICK, timezone="Europe/Berlin")
    found = pipeline.backtest(windows=3, step=2, last="2023-09-30T22:00+00:00")
    assert found.forecasts["ds"].max() == pd.Timestamp("2023-10-01")
    assert found.forecasts["cutoff"].nunique() == 3
    board = found.leaderboard(metric="mae")
    models = ["drift", "naive", "seasonal_naive", "stage"]
    assert sorted(board["model"]) == models
    means = evaluate(found.forecasts, [mae], models=models)[models].mean()
    assert dict(zip(board["model"], board["mae"], strict=True)) == pytest.approx(means.to_dict())
    assert set(found.leaderboard("series")["series"]) == {"a", "b"}
    with pytest.raises(ConfigError, match="by: 'zz' is none of all, lead, series, size, cutoff"):
        found.leaderboard("zz")  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match="metric: 'zz' is none of mase"):
        found.leaderboard(metric="zz")  # type: ignore[arg-type]


def test_a_report_is_written_where_it_is_wanted(small: Small, pipeline: tsflow.Pipeline, tmp_path: Path) -> None:
    pipeline.run()
    written = pipeline.report(tmp_path / "elsewhere")
    assert Path(written.page) == tmp_path / "elsewhere" / "small.html"
    assert Path(written.picture).read_bytes().startswith(b"\x89PNG")


def test_what_cannot_be_done_says_why(small: Small, pipeline: tsflow.Pipeline) -> None:
    with pytest.raises(ConfigError, match="first: 'soon' is no ISO 8601 time"):
        pipeline.backfill("soon")
    with pytest.raises(ConfigError, match="no slot from 2030-01-01 00:00 on is past"):
        pipeline.replay("2030-01-01")
    for argument, value in {"windows": 0, "step": 0, "every": -1}.items():
        with pytest.raises(ConfigError, match=f"{argument}: {value} is less than"):
            pipeline.backtest(**{argument: value})  # type: ignore[arg-type]
    small.configure_project(pipelines={"small": PIPELINE | QUICK, "other": PIPELINE | QUICK})
    run_id = pipeline.run()
    with pytest.raises(ConfigError, match=f"run {run_id} is not of other"):
        tsflow.Project.load(small.config).pipeline("other").reproduce(run_id)
