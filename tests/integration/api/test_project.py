"""A project's pipelines as objects."""

from datetime import timedelta

import pandas as pd
import pytest
from matplotlib.figure import Figure

import tsflow
from tests.projects import WALL, Small, seasonal
from tsflow.errors import ConfigError, StoreError


def test_a_pipeline_is_run_and_read_as_frames(small: Small) -> None:
    project = tsflow.Project.load(small.config)
    pipeline = project.pipeline("small")
    assert project.pipelines == ("small",)
    run_id = pipeline.run(now=WALL)
    forecasts = pipeline.forecasts("a")
    assert forecasts["ds"].tolist() == list(pd.date_range("2024-01-01", periods=6, freq="MS"))
    assert set(forecasts["run_id"]) == {run_id}
    assert set(pipeline.forecasts()["unique_id"]) == {"a", "b"}
    assert pipeline.forecasts(as_of=WALL - timedelta(days=1)).empty
    assert set(pipeline.leaderboard()["architecture"]) == {"gru", "stage", "seasonal_naive"}
    assert pipeline.decisions()["reason"].str.len().gt(0).all()
    assert pipeline.series()["observations"].tolist() == [72, 72]
    assert pipeline.quarantine().empty
    assert pipeline.accuracy().empty
    assert project.health()["state"].tolist() == ["ok"]
    assert isinstance(pipeline.plot("b"), Figure)
    for read in (pipeline.plot, pipeline.forecasts, pipeline.accuracy):
        with pytest.raises(ConfigError, match="no series 'c'; pipeline 'small' has: a, b"):
            read("c")
    assert repr(project) == f"Project({small.config!r}, pipelines: small)"
    assert repr(pipeline) == f"Pipeline('small' of {small.config!r})"


def test_a_done_slot_is_left_as_it_is(small: Small) -> None:
    small.configure(architectures=["stage"])
    pipeline = tsflow.Project.load(small.config).pipeline("small")
    first = pipeline.run(now=WALL)
    before = small.everything()
    assert pipeline.run(now=WALL) == first
    assert small.everything() == before
    small.write(seasonal(months=73))
    assert pipeline.run(now=WALL) > first


def test_what_is_not_there_is_named(small: Small) -> None:
    project = tsflow.Project.load(small.config)
    with pytest.raises(ConfigError, match="did you mean 'small'"):
        project.pipeline("smal")
    small.configure_project(database=f"sqlite:///{small.folder / 'new.db'}")
    with pytest.raises(StoreError, match="db upgrade"):
        tsflow.Project.load(small.config).pipeline("small").forecasts()
