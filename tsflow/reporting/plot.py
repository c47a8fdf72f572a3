"""One picture of what was and what is forecast: the first thing that a person looks at."""

import io
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib import dates
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from tsflow.errors import ConfigError
from tsflow.frequency import Frequency, Times
from tsflow.reporting.alone import alone

_MAX_SERIES = 6  # more small multiples than this cannot be read on one screen
_HISTORY_PER_STEP = 4  # history is shown for this many horizons
_MIN_HISTORY = 48  # ... and never for fewer steps, so that a short horizon still shows a season
BLACK, BLUE, GREY = "#1a1a1a", "#0072b2", "#666666"  # Okabe & Ito's blue: told apart by the colour-blind


class Picture(Figure):
    """A figure that a notebook shows by itself, whatever backend is on."""

    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        self.savefig(content, format="png")
        return content.getvalue()


def plot_forecasts(history: pd.DataFrame, forecasts: pd.DataFrame, frequency: Frequency, title: str) -> Figure:
    """Draw the end of each series' history, its forecast and its intervals, one small picture a series.

    The first 6 series of ``forecasts`` are drawn; the title says if there are more. A missing step is a gap
    in the line. Nothing global is touched, so it may be called in any thread.

    Args:
        history: Observations ``unique_id, ds, y``, ascending in ``ds`` within a series.
        forecasts: ``unique_id, ds, y_hat, lo_80, hi_80, lo_95, hi_95``, ascending in ``ds`` within a series.
        frequency: The grid of both.
        title: What the pictures have in common, such as the pipeline and the slot.
    """
    names = list(dict.fromkeys(forecasts["unique_id"]))
    shown = names[:_MAX_SERIES]
    columns = 1 if len(shown) <= 2 else 2
    rows = max(1, -(-len(shown) // columns))
    figure = Picture(figsize=(10, 4.6 if rows == 1 else 1 + 2.9 * rows), dpi=130, layout="constrained")
    cells = figure.subplots(rows, columns, squeeze=False).flatten()
    for axes, name in zip(cells, shown, strict=False):
        draw_series(axes, _part(history, name), _part(forecasts, name), frequency)
        axes.set_title(str(name), loc="left", fontsize=10, color=BLACK, parse_math=False)
    for axes in cells[len(shown) :]:
        axes.set_visible(False)
    more = f"  ·  {len(shown)} of {len(names)} series" if len(names) > len(shown) else ""
    style = {"fontsize": 13, "fontweight": "bold", "color": BLACK, "parse_math": False}
    figure.suptitle(title + more, x=0.01, ha="left", **style)
    if shown:
        handles, labels = cells[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside lower left", ncols=len(labels), frameon=False, fontsize=9)
    return figure


def save_plot(figure: Figure, path: Path) -> Path:
    """Write the figure as PNG (or what the path's suffix says), making its folder; returns the path.

    Raises:
        ConfigError: If there is no picture of that suffix.
    """
    formats = sorted(figure.canvas.get_supported_filetypes())
    if path.suffix and path.suffix[1:].lower() not in formats:
        raise ConfigError(f"{path.name}: no picture ends in {path.suffix}; there are: {', '.join(formats)}")
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path)
    return path


def _part(frame: pd.DataFrame, name: object) -> pd.DataFrame:
    return frame[frame["unique_id"] == name]


def draw_series(axes: Axes, history: pd.DataFrame, forecast: pd.DataFrame, frequency: Frequency) -> None:
    """Draw one series into axes: the end of its history, its forecast and its intervals."""
    ds = forecast["ds"].to_numpy()
    for level, alpha in ((95, 0.15), (80, 0.30)):
        low, high = forecast[f"lo_{level}"].to_numpy(), forecast[f"hi_{level}"].to_numpy()
        axes.fill_between(ds, low, high, color=BLUE, alpha=alpha, lw=0, label=f"{level} % interval")
    past, y = _tail(history, frequency, max(_MIN_HISTORY, _HISTORY_PER_STEP * len(forecast)))
    dot = "o" if len(forecast) == 1 else None  # a line of one point cannot be seen
    axes.plot(past, y, color=BLACK, lw=1.1, label="observed", marker=".", ms=4, markevery=np.flatnonzero(alone(y)))
    axes.plot(ds, forecast["y_hat"].to_numpy(), color=BLUE, lw=1.6, marker=dot, label="forecast (median)")
    if len(past):
        axes.axvline(past[-1], color=GREY, lw=0.9, ls=(0, (4, 3)), label="last observation")
    tidy(axes)


def _tail(history: pd.DataFrame, frequency: Frequency, steps: int) -> tuple[Times, NDArray[np.float64]]:
    """The last steps of the grid with NaN where nothing was observed."""
    ds = history["ds"].to_numpy().astype("M8[us]")
    if len(ds) == 0:
        return ds, np.zeros(0)
    positions = frequency.position(ds)
    grid = np.arange(max(positions[0], positions[-1] - steps + 1), positions[-1] + 1)
    shown = positions >= grid[0]
    y = np.full(len(grid), np.nan)
    y[positions[shown] - grid[0]] = history["y"].to_numpy(dtype=np.float64)[shown]
    return frequency.timestamp(grid), y


def tidy(axes: Axes, *, times: bool = True) -> None:
    """Light lines and small grey numbers; dates along the bottom unless it shows no ``times``."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(GREY)
    axes.tick_params(colors=GREY, labelsize=8)
    axes.grid(axis="y", color="#e6e6e6", lw=0.8)
    axes.set_axisbelow(True)
    axes.margins(x=0.01)
    axes.yaxis.set_major_formatter(lambda value, _: f"{value:,.10g}")
    if not times:
        return
    locator = dates.AutoDateLocator(minticks=3, maxticks=8)  # type: ignore[no-untyped-call]
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(dates.ConciseDateFormatter(locator))  # type: ignore[no-untyped-call]
    axes.xaxis.get_offset_text().set_fontsize(8)
