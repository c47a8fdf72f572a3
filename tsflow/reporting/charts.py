"""The small pictures of a report, each an image that needs no other file."""

import base64
import io
from collections.abc import Mapping, Sequence

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from tsflow.frequency import Frequency
from tsflow.reporting.plot import BLACK, BLUE, GREY, draw_series, tidy

PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000", "#a6761d")
"""Okabe & Ito's colours: told apart by the colour-blind. Lines also differ in their dashes."""
_DASHES = ("-", (0, (5, 2)), (0, (1, 1)), (0, (5, 1, 1, 1)), (0, (3, 1, 1, 1, 1, 1)), (0, (8, 2)), "-", (0, (2, 2)))
_ORANGE = PALETTE[1]

Curve = Sequence[Sequence[float | None]]
"""Steps, fit loss and tune loss of each evaluation."""


def embedded(figure: Figure) -> str:
    """A figure as a data URI, for the ``src`` of an image: nothing in it can run or reach outside."""
    content = io.BytesIO()
    figure.savefig(content, format="svg", metadata={"Date": None})
    return f"data:image/svg+xml;base64,{base64.b64encode(content.getvalue()).decode()}"


def forecast_chart(history: pd.DataFrame, forecast: pd.DataFrame, frequency: Frequency) -> Figure:
    """One series, without its name: the page says it, in any script."""
    figure = _small()
    axes = figure.subplots()
    draw_series(axes, history, forecast, frequency)
    return figure


def curves_chart(curves: Mapping[str, Curve]) -> Figure:
    """Tune loss over optimiser steps, a line an architecture, its best point marked."""
    figure = _small()
    draw_curves(figure.subplots(), curves)
    return figure


def coverage_chart(by_lead: pd.DataFrame) -> Figure:
    """Share of what came true within the intervals, by lead, beside what they promise."""
    figure = _small()
    draw_coverage(figure.subplots(), by_lead)
    return figure


def error_chart(by_lead: pd.DataFrame) -> Figure:
    """Mean absolute error and bias by lead."""
    figure = _small()
    axes = figure.subplots()
    axes.plot(by_lead["lead"], by_lead["mae"], color=BLUE, marker="o", ms=3, label="mean absolute error")
    axes.plot(
        by_lead["lead"], by_lead["bias"], color=_ORANGE, ls="--", marker="s", ms=3, label="bias (above 0: too high)"
    )
    axes.axhline(0, color=GREY, lw=0.8)
    _leads(axes)
    return figure


def issues_chart(by_slot: pd.DataFrame) -> Figure:
    """Error of each published issue, relative to the level of what was observed."""
    figure = _small()
    axes = figure.subplots()
    shares = 100 * by_slot["mae"] / by_slot["level"].where(by_slot["level"] > 0)
    axes.plot(by_slot["slot"], shares, color=BLUE, marker="o", ms=3)
    axes.set_ylabel("error, % of level", fontsize=8, color=GREY)
    axes.set_ylim(bottom=0)
    tidy(axes)
    return figure


def draw_curves(axes: Axes, curves: Mapping[str, Curve]) -> None:
    """Draw training curves; where nothing was held out for tuning, the loss on what was learnt from."""
    for number, (name, curve) in enumerate(curves.items()):
        points = [(steps, fit if tune is None else tune) for steps, fit, tune in curve]
        known = [(steps, loss) for steps, loss in points if steps is not None and loss is not None]
        if not known:
            continue
        colour, dashes = PALETTE[number % len(PALETTE)], _DASHES[number % len(_DASHES)]
        axes.plot(*zip(*known, strict=True), label=name, lw=1.5, color=colour, ls=dashes)
        axes.plot(*min(known, key=lambda point: point[1]), marker="o", ms=5, color=colour)
    axes.set_xlabel("optimiser steps", fontsize=8, color=GREY)
    axes.set_ylabel("tune loss", fontsize=8, color=GREY)
    tidy(axes, times=False)
    if axes.lines:
        axes.legend(frameon=False, fontsize=8, ncols=3)


def draw_coverage(axes: Axes, by_lead: pd.DataFrame) -> None:
    """Draw the coverage of both intervals; the thin lines are what they promise."""
    for level, colour, mark in ((80, BLUE, "o"), (95, _ORANGE, "s")):
        axes.axhline(level, color=colour, lw=0.9, ls=(0, (4, 3)))
        shares = 100 * by_lead[f"coverage_{level}"]
        axes.plot(by_lead["lead"], shares, color=colour, marker=mark, ms=3, lw=1.5, label=f"{level} % interval")
    axes.set_ylim(min(50, 100 * float(by_lead["coverage_80"].min()) - 5), 103)
    axes.set_ylabel("within, %", fontsize=8, color=GREY)
    _leads(axes)


def _leads(axes: Axes) -> None:
    axes.set_xlabel("lead, steps after the cutoff", fontsize=8, color=GREY)
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    tidy(axes, times=False)
    axes.legend(frameon=False, fontsize=8, labelcolor=BLACK)


def _small() -> Figure:
    return Figure(figsize=(5.0, 2.3), layout="constrained")
