"""One series: its history, the forecast as of any issue, and other issues beside it."""

from typing import Any
from urllib.parse import urlencode

import numpy as np
import pandas as pd
import streamlit as st

from tsflow.dashboard import data, figures
from tsflow.dashboard.shell import choose_pipeline, header, ink, let_go, moment, nothing, table
from tsflow.frequency import Frequency
from tsflow.store import browse

_MATCHES = 50
_MOST_OTHERS = 4


def page() -> None:
    """Search, choose, look."""
    header("Series", "What is forecast, what was forecast before, and what came true. Times are UTC.")
    pipeline = choose_pipeline()
    if pipeline is None:
        return
    chosen = _choose(pipeline["name"])
    if chosen is None:
        return
    issues = data.read(browse.issues, pipeline["name"], 100)
    if issues.empty:
        nothing("Nothing is published for this pipeline yet", "`tsflow status` says why.")
        return
    _show(pipeline, chosen, issues)


def _choose(pipeline: str) -> "pd.Series[Any] | None":
    """The chosen series' row, found among any number by a part of its name; at first one that has a forecast."""
    left, right = st.columns([1, 2])
    text = left.text_input(
        "Search", key="search", bind="query-params", placeholder="part of a name", type="search", live="300ms"
    )
    found = data.read(browse.find_series, pipeline, text or "", _MATCHES)
    if found.empty:
        nothing("No series has such a name" if text else "This pipeline has no series yet", "Search for a part of it.")
        return None
    total = data.read(browse.count_series, pipeline, text or "")
    more = f" (the first {_MATCHES} of {total:,}: search for others)" if total > _MATCHES else f" ({total:,})"
    if total > _MATCHES and not text:
        found = _with_linked(found, pipeline)
    names = found["unique_id"].tolist()
    let_go("series", names, names[0])
    name = right.selectbox(f"Series{more}", names, key="series", bind="query-params")
    row: pd.Series[Any] = found.set_index("unique_id", drop=False).loc[name or names[0]]
    return row


def _with_linked(found: pd.DataFrame, pipeline: str) -> pd.DataFrame:
    """The series with that of the address, which may be none of the first."""
    linked = st.query_params.get("series")
    if linked is None or linked in found["unique_id"].tolist():
        return found
    named: pd.DataFrame = data.read(browse.find_series, pipeline, linked, 1)  # an exact name comes first
    return pd.concat([found, named[named["unique_id"] == linked]], ignore_index=True)


def _show(pipeline: "pd.Series[Any]", chosen: "pd.Series[Any]", issues: pd.DataFrame) -> None:
    """The forecast of the chosen issue, with others beside it."""
    oldest_first = issues.iloc[::-1]
    runs = dict(zip(oldest_first["slot"].map(moment), oldest_first["run_id"].map(int), strict=True))
    as_of, others = _choose_issues(list(runs))
    series_id, name = int(chosen["id"]), chosen["unique_id"]
    grid, steps = Frequency.parse(pipeline["frequency"]), max(48, 5 * int(pipeline["horizon"]))
    forecast = data.read(browse.forecast_of, runs[as_of], series_id)
    if forecast.empty:
        nothing(f"No forecast of this series was issued at {as_of}", "It may have been too short, or have ended.")
        seen = _on_grid(data.read(browse.history, series_id, steps), grid)
        if len(seen):
            st.plotly_chart(figures.history(seen, ink()), width="stretch", key="seen", alt=f"History of {name}")
        return
    beside = {label: data.read(browse.forecast_of, runs[label], series_id) for label in others}
    until = max(one["ds"].max() for one in (forecast, *beside.values()) if len(one))
    history = data.read(browse.history, series_id, steps, until.to_pydatetime())
    cutoff = grid.timestamp(grid.position(forecast["ds"].to_numpy()[:1]) - forecast["lead"].to_numpy()[:1])[0]
    figure = figures.fan(_on_grid(history, grid), forecast, beside, cutoff, ink())
    st.plotly_chart(figure, width="stretch", key="fan", alt=f"History and forecast of {name}")
    _say(forecast, {"pipeline": pipeline["name"], "series": name, "as_of": as_of, "beside": others})
    _numbers(forecast, history)


def _choose_issues(labels: list[str]) -> tuple[str, list[str]]:
    """The issue to look at and those beside it, of some, the oldest first."""
    newest = labels[-1]
    left, right = st.columns([3, 2])
    let_go("as_of", labels, newest)
    if len(labels) > 1:
        as_of = left.select_slider("As of", labels, value=newest, key="as_of", bind="query-params")
    else:
        left.text(as_of := newest)
    rest = [label for label in reversed(labels) if label != as_of]
    let_go("beside", rest, [])
    others = right.multiselect(
        "Beside it, the forecasts issued at",
        rest,
        max_selections=_MOST_OTHERS,
        key="beside",
        bind="query-params",
        placeholder="other issues",
    )
    return as_of, others


def _say(forecast: pd.DataFrame, view: dict[str, Any]) -> None:
    """By whom it was issued and why, with a link to the view."""
    first = forecast.iloc[0]
    link = f"[Link to this view](?{urlencode(view, doseq=True)})"  # the address leaves out what is newest or first
    st.caption(f"Issued {view['as_of']} by {first['model'] or 'no model'} · {link}")
    st.text(first["reason"])


def _numbers(forecast: pd.DataFrame, history: pd.DataFrame) -> None:
    """The forecast as a table, where it is asked for."""
    numbers = st.expander("The numbers", key="numbers", bind="query-params")
    if numbers.open:  # else the browser need not load what draws tables
        joined = forecast.merge(history, on="ds", how="left").drop(columns=["model", "reason"])
        with numbers:
            table(joined, "The forecast, step by step, with what came true")


def _on_grid(history: pd.DataFrame, grid: Frequency) -> pd.DataFrame:
    """The observations with a row for each step, so that a gap is a gap in the line."""
    if history.empty:
        return history
    positions = grid.position(history["ds"].to_numpy())
    every = grid.timestamp(np.arange(positions[0], positions[-1] + 1))
    return pd.DataFrame({"ds": every}).merge(history, on="ds", how="left")
