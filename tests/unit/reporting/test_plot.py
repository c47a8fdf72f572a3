from pathlib import Path

import matplotlib
import matplotlib.image
import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from tsflow.errors import ConfigError
from tsflow.frequency import Frequency
from tsflow.reporting.plot import plot_forecasts, save_plot

DAILY = Frequency.parse("D")


def history(name: str, count: int = 30, missing: tuple[int, ...] = ()) -> pd.DataFrame:
    frame = pd.DataFrame({"unique_id": name, "ds": pd.date_range("2024-01-01", periods=count), "y": 1.0})
    return frame.drop(index=list(missing))


def forecasts(name: str, horizon: int = 7) -> pd.DataFrame:
    ds = pd.date_range("2024-01-31", periods=horizon)
    bounds = {"y_hat": 2.0, "lo_80": 1.5, "hi_80": 2.5, "lo_95": 1.0, "hi_95": 3.0}
    return pd.DataFrame({"unique_id": name, "ds": ds, **bounds})


def drawn(figure: Figure) -> list[Axes]:
    return [axes for axes in figure.axes if axes.get_visible()]


def line(axes: Axes, label: str) -> np.ndarray:
    (found,) = [line for line in axes.lines if line.get_label() == label]
    return np.asarray(found.get_ydata())


def many(frame: object, count: int) -> pd.DataFrame:
    return pd.concat([frame(f"series {number}") for number in range(count)])


def test_history_median_and_intervals_are_drawn() -> None:
    (axes,) = drawn(plot_forecasts(history("a"), forecasts("a"), DAILY, "demo"))
    assert line(axes, "observed").tolist() == [1.0] * 30
    assert line(axes, "forecast (median)").tolist() == [2.0] * 7
    assert [band.get_label() for band in axes.collections] == ["95 % interval", "80 % interval"]
    assert axes.get_title("left") == "a"


def test_missing_days_are_gaps_in_the_line() -> None:
    (axes,) = drawn(plot_forecasts(history("a", missing=(3, 4)), forecasts("a"), DAILY, "demo"))
    assert np.flatnonzero(np.isnan(line(axes, "observed"))).tolist() == [3, 4]


def test_an_observation_between_two_gaps_is_a_dot() -> None:
    (axes,) = drawn(plot_forecasts(history("a", missing=(3, 5, 6)), forecasts("a"), DAILY, "demo"))
    (observed,) = [line for line in axes.lines if line.get_label() == "observed"]
    assert observed.get_marker() == "."
    assert list(observed.get_markevery()) == [4]


def test_only_the_end_of_a_long_history_is_drawn() -> None:
    (axes,) = drawn(plot_forecasts(history("a", count=5_000), forecasts("a"), DAILY, "demo"))
    assert len(line(axes, "observed")) == 48


@pytest.mark.parametrize(("count", "pictures"), [(1, 1), (3, 3), (6, 6), (9, 6)])
def test_at_most_six_series_are_drawn(count: int, pictures: int) -> None:
    figure = plot_forecasts(many(history, count), many(forecasts, count), DAILY, "demo")
    assert [axes.get_title("left") for axes in drawn(figure)] == [f"series {n}" for n in range(pictures)]
    assert figure.get_suptitle() == ("demo  ·  6 of 9 series" if count > 6 else "demo")


def test_one_legend_names_everything_once() -> None:
    (legend,) = plot_forecasts(many(history, 4), many(forecasts, 4), DAILY, "demo").legends
    labels = [text.get_text() for text in legend.get_texts()]
    assert labels == ["95 % interval", "80 % interval", "observed", "forecast (median)", "last observation"]


def test_a_series_without_history_and_a_horizon_of_one_can_be_drawn(tmp_path: Path) -> None:
    figure = plot_forecasts(history("b"), forecasts("a", horizon=1), DAILY, "demo")
    assert save_plot(figure, tmp_path / "plot.png").stat().st_size > 0


def test_nothing_to_draw_is_an_empty_picture(tmp_path: Path) -> None:
    figure = plot_forecasts(history("a").head(0), forecasts("a").head(0), DAILY, "demo")
    assert save_plot(figure, tmp_path / "plot.png").stat().st_size > 0


def test_the_picture_is_written_into_a_new_folder(tmp_path: Path) -> None:
    path = save_plot(plot_forecasts(history("a"), forecasts("a"), DAILY, "demo"), tmp_path / "new" / "plot.png")
    height, width, _ = matplotlib.image.imread(path).shape
    assert width > height > 500


def test_a_suffix_of_no_picture_is_refused_with_those_there_are(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"out\.xyz: no picture ends in \.xyz; there are: .*png, .*svg"):
        save_plot(plot_forecasts(history("a"), forecasts("a"), DAILY, "demo"), tmp_path / "out.xyz")


def test_a_notebook_shows_the_picture_by_itself() -> None:
    figure = plot_forecasts(history("a"), forecasts("a"), DAILY, "demo")
    assert figure._repr_png_().startswith(b"\x89PNG")  # type: ignore[attr-defined]


def test_the_global_backend_is_left_alone(tmp_path: Path) -> None:
    before = matplotlib.rcParams._get_backend_or_none()
    save_plot(plot_forecasts(history("a"), forecasts("a"), DAILY, "demo"), tmp_path / "plot.png")
    assert matplotlib.rcParams._get_backend_or_none() == before


def test_names_are_text_and_no_formula(tmp_path: Path) -> None:
    name = r"price in $\frac_ and $"
    figure = plot_forecasts(history(name), forecasts(name), DAILY, name)
    assert save_plot(figure, tmp_path / "plot.png").stat().st_size > 0
