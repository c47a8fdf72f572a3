"""A frame forecast without a project."""

import gc
import json
import tempfile
from pathlib import Path

import pandas as pd
import polars as pl
import pytest

import tsflow
from tests.projects import seasonal
from tsflow.errors import ConfigError, DataError, QualityError

QUICK = {
    "horizon": 6,
    "frequency": "MS",
    "device": "cpu",
    "architectures": ["gru", "stage"],
    "training": {"min_steps": 20, "max_steps": 20},
}


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Temporary files in a folder that the test sees, and a database that must not be touched."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("TSFLOW_DATABASE", f"sqlite:///{tmp_path / 'not-this.db'}")


def test_a_frame_is_forecast_with_a_column_for_each_model_and_bound(tmp_path: Path) -> None:
    frame = seasonal().assign(unique_id=lambda rows: rows["unique_id"].map({"a": 1, "b": 20}))
    fitted = tsflow.fit(frame.sample(frac=1, random_state=1), **QUICK)
    forecast = fitted.forecast()
    assert set(fitted.models) == {"gru", "stage"}
    assert forecast.columns.tolist() == [
        "unique_id",
        "ds",
        *(
            f"{model}{end}"
            for model in ("tsflow", *fitted.models)
            for end in ("", "-lo-95", "-lo-80", "-hi-80", "-hi-95")
        ),
    ]
    assert forecast["unique_id"].tolist() == [1] * 6 + [20] * 6
    assert forecast["ds"].tolist() == list(pd.date_range("2024-01-01", periods=6, freq="MS")) * 2
    assert (forecast["tsflow-lo-95"] <= forecast["tsflow-lo-80"]).all()
    assert (forecast["gru"] <= forecast["gru-hi-80"]).all()
    assert forecast.notna().all(axis=None)
    assert "seasonal_naive" in fitted.reason
    assert not (tmp_path / "not-this.db").exists()
    assert len(list(tmp_path.glob("tsflow-*"))) == 1
    del fitted
    gc.collect()
    assert list(tmp_path.glob("tsflow-*")) == []


def test_the_forecast_is_that_of_a_pipeline(tmp_path: Path) -> None:
    frame = seasonal()
    frame.to_csv(tmp_path / "data.csv", index=False)
    pipeline = {"source": {"kind": "csv", "path": "data.csv"}, "clock": "data"}
    pipeline |= {name: value for name, value in QUICK.items() if name != "device"}
    own = f"sqlite:///{tmp_path / 'own.db'}"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TSFLOW_DATABASE", own)
        (tmp_path / "tsflow.yaml").write_text(json.dumps({"device": "cpu", "pipelines": {"same": pipeline}}), "utf-8")
        same = tsflow.Project.load(tmp_path / "tsflow.yaml").pipeline("same")
        same.run()
        published = same.forecasts()
    forecast = tsflow.fit(frame, **QUICK).forecast(["tsflow"])
    assert forecast["tsflow"].tolist() == published["y_hat"].tolist()
    assert forecast["tsflow-hi-95"].tolist() == published["hi_95"].tolist()


def test_gaps_are_masked_and_series_end_where_they_end() -> None:
    frame = seasonal(months=60)
    frame.loc[5, "y"] = None
    frame = frame.drop(index=[80, *range(90, 120)])
    forecast = tsflow.fit(frame, **{**QUICK, "architectures": ["stage"]}).forecast(["tsflow"])
    assert forecast.groupby("unique_id")["ds"].min().tolist() == [
        pd.Timestamp("2023-01-01"),
        pd.Timestamp("2020-07-01"),
    ]


def test_a_frame_of_polars_with_an_offset_for_frequency_is_fit() -> None:
    fitted = tsflow.fit(pl.from_pandas(seasonal()), **QUICK | {"frequency": pd.offsets.MonthBegin()})
    assert fitted.forecast(["tsflow"])["unique_id"].tolist() == ["a"] * 6 + ["b"] * 6


@pytest.mark.parametrize("frequency", ["h", "D"])
def test_the_forecast_is_in_the_zone_of_the_frame(frequency: str) -> None:
    ds = pd.date_range("2024-03-29", periods=50, freq=frequency, tz="Europe/Berlin")  # the clock changes on the 31st
    frame = pd.DataFrame({"unique_id": "a", "ds": ds[:44], "y": [float(step % 6) for step in range(44)]})
    forecast = tsflow.fit(frame, **QUICK | {"frequency": frequency, "season_length": 6}).forecast(["tsflow"])
    assert forecast["ds"].iloc[0] == ds[44]
    assert str(forecast["ds"].dtype).endswith("Europe/Berlin]")


def test_a_name_with_blanks_around_it_stays_as_it_is() -> None:
    fitted = tsflow.fit(seasonal(("a ",)), **{**QUICK, "architectures": ["stage"]})
    assert fitted.forecast(["tsflow"])["unique_id"].tolist() == ["a "] * 6
    assert fitted.plot("a ").axes


@pytest.mark.parametrize(
    ("frame", "changes", "error", "message"),
    [
        (seasonal(("a", "a ")), {}, DataError, "^'a' and 'a ' are one series"),
        (seasonal().replace({"a": 1, "b": "1"}), {}, DataError, "^1 and '1' are one series"),
        (seasonal().drop(columns="y"), {}, DataError, "not one without y$"),
        (seasonal().assign(price=1.0), {}, DataError, "not one with price, which would not be used"),
        (seasonal().assign(ds="soon"), {}, QualityError, "soon"),
        (seasonal().assign(ds=lambda rows: pd.to_datetime(rows["ds"]) + pd.Timedelta("3D")), {}, QualityError, "grid"),
        (seasonal(), {"horizon": 0}, ConfigError, "^tsflow.fit: horizon: "),
        (seasonal(), {"frequency": "moonly"}, ConfigError, "^tsflow.fit: frequency: .*moonly"),
        (seasonal(), {"device": "abacus"}, ConfigError, "^tsflow.fit: device: "),
        (seasonal(), {"architecture": "gru"}, ConfigError, "did you mean 'architectures'"),
        (seasonal(), {"architectures": ["gro"]}, ConfigError, "gro"),
    ],
)
def test_what_cannot_be_fit_is_refused_with_a_reason_and_leaves_nothing(
    tmp_path: Path, frame: pd.DataFrame, changes: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        tsflow.fit(frame, **{**QUICK, **changes})
    assert list(tmp_path.glob("tsflow-*")) == []


def test_a_model_that_was_not_trained_is_named() -> None:
    fitted = tsflow.fit(seasonal(), **{**QUICK, "architectures": ["stage"]})
    with pytest.raises(DataError, match="no model 'gru' was trained; there are: tsflow, stage"):
        fitted.forecast(["gru"])
