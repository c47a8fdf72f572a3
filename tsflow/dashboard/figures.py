"""The dashboard's charts. Colours are Okabe & Ito's, told apart by the colour-blind; dashes differ, too."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go

from tsflow.reporting.alone import alone

BLUE, ORANGE, GREEN, PURPLE = "#0072b2", "#d55e00", "#009e73", "#cc79a7"
SKY = "#56b4e9"
BLACK, WHITE = "#1a1a1a", "#f2f2f2"
"""Colours of what was observed, on a light and on a dark page."""
_OVERLAYS = ((ORANGE, "dash"), (GREEN, "dot"), (PURPLE, "dashdot"), ("#e69f00", "longdash"))
_LINES = ((BLUE, "solid"), *_OVERLAYS, (SKY, "solid"))


def fan(
    observed: pd.DataFrame, forecast: pd.DataFrame, others: Mapping[str, pd.DataFrame], cutoff: Any, ink: str
) -> go.Figure:
    """A forecast with its intervals over what was observed, before and since; other issues as lines.

    Args:
        observed: ``ds, y`` on the grid, NaN where nothing was observed.
        forecast: ``ds, y_hat, lo_80, hi_80, lo_95, hi_95``.
        others: Other issues' forecasts, by label.
        cutoff: The last observation that the forecast has seen.
        ink: Colour of what was observed: black, or white on a dark page.
    """
    figure = _figure(380)
    dark = ink != BLACK
    for level, opacity in ((95, 0.28 if dark else 0.16), (80, 0.45 if dark else 0.30)):
        edge = {"mode": "lines", "line": {"width": 0}, "hoverinfo": "skip"}
        figure.add_scatter(x=forecast["ds"], y=forecast[f"hi_{level}"], showlegend=False, **edge)
        shade = f"rgba({'86, 180, 233' if dark else '0, 114, 178'}, {opacity})"
        lower, name = forecast[f"lo_{level}"], f"{level} % interval"
        figure.add_scatter(x=forecast["ds"], y=lower, fill="tonexty", fillcolor=shade, name=name, **edge)
    marked = "lines+markers" if len(forecast) == 1 else "lines"
    line = {"color": SKY if dark else BLUE, "width": 2.5}
    figure.add_scatter(x=forecast["ds"], y=forecast["y_hat"], mode=marked, line=line, name="forecast")
    for (label, other), (colour, dash) in zip(others.items(), _OVERLAYS, strict=False):
        figure.add_scatter(
            x=other["ds"], y=other["y_hat"], mode=marked, line={"color": colour, "dash": dash, "width": 1.8}, name=label
        )
    _observed(figure, observed, ink)
    figure.add_vline(x=cutoff, line={"color": "#888888", "dash": "dash", "width": 1})
    return figure


def history(observed: pd.DataFrame, ink: str) -> go.Figure:
    """What was observed, where nothing is forecast."""
    figure = _figure(380)
    _observed(figure, observed, ink)
    return figure


def by_lead(accuracy: pd.DataFrame) -> go.Figure:
    """Error and bias by lead."""
    figure = _figure(300)
    _line(figure, accuracy["lead"], accuracy["mae"], "mean absolute error", 0)
    _line(figure, accuracy["lead"], accuracy["bias"], "bias (above 0: too high)", 1)
    return figure.update_xaxes(title="lead, steps after the cutoff")


def coverage(accuracy: pd.DataFrame) -> go.Figure:
    """Share of what came true within the intervals, by lead; the thin lines are what they promise."""
    figure = _figure(300)
    for number, level in enumerate((80, 95)):
        _line(figure, accuracy["lead"], 100 * accuracy[f"coverage_{level}"], f"{level} % interval", number)
        figure.add_hline(y=level, line={"color": _LINES[number][0], "dash": "dash", "width": 1})
    return figure.update_xaxes(title="lead, steps after the cutoff").update_yaxes(title="within, %")


def by_issue(accuracy: pd.DataFrame) -> go.Figure:
    """Error relative to the level of what was observed, for each issue."""
    figure = _figure(300)
    level = accuracy["level"].where(accuracy["level"] > 0)
    _line(figure, accuracy["slot"], 100 * accuracy["mae"] / level, "error", 0)
    return figure.update_yaxes(title="error, % of level", rangemode="tozero").update_layout(showlegend=False)


def board(leaderboard: pd.DataFrame) -> go.Figure:
    """Losses that decided, the best on top; the one that forecasts is dark."""
    scored = leaderboard.dropna(subset=["select_loss"]).iloc[::-1]
    colours = [BLUE if champion else "#9dc3dc" for champion in scored["champion"]]
    names = scored["architecture"] + scored["champion"].map({1: " ✓", 0: ""})
    figure = _figure(80 + 34 * len(scored))
    marker = {"color": colours}
    figure.add_bar(x=scored["select_loss"], y=names, orientation="h", marker=marker, texttemplate="%{x:.4f}")
    return figure.update_xaxes(title="loss that decides, lower is better")


def curves(found: Mapping[str, Any]) -> go.Figure:
    """Tune loss over optimiser steps, a line an architecture."""
    figure = _figure(320)
    for number, (name, curve) in enumerate(found.items()):
        losses = [fit if tune is None else tune for _, fit, tune in curve]
        _line(figure, [steps for steps, _, _ in curve], losses, name, number)
    return figure.update_xaxes(title="optimiser steps").update_yaxes(title="tune loss")


def _observed(figure: go.Figure, observed: pd.DataFrame, ink: str) -> None:
    line = {"color": ink, "width": 1.5}
    marker = {"size": np.where(alone(observed["y"].to_numpy(dtype=float)), 5, 0), "color": ink, "line": {"width": 0}}
    style: dict[str, Any] = {"mode": "lines+markers", "line": line, "marker": marker}
    figure.add_scatter(x=observed["ds"], y=observed["y"], name="observed", connectgaps=False, **style)


def _line(figure: go.Figure, x: Any, y: Any, name: str, number: int) -> None:
    colour, dash = _LINES[number % len(_LINES)]
    line = {"color": colour, "dash": dash, "width": 2}
    figure.add_scatter(x=x, y=y, name=name, mode="lines+markers", line=line, marker={"size": 5})


def _figure(height: int) -> go.Figure:
    legend = {"orientation": "h", "yanchor": "bottom", "y": 1.0, "x": 0}
    margin = {"l": 8, "r": 8, "t": 36, "b": 8}
    numbers = {"separatethousands": True, "hoverformat": ",.6~r"}
    layout = {"height": height, "legend": legend, "margin": margin, "hovermode": "x unified", "yaxis": numbers}
    return go.Figure(layout=layout)
