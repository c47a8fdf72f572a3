"""What has run, how it ended, and how long it took."""

import pandas as pd
import streamlit as st

from tsflow.dashboard import data
from tsflow.dashboard.shell import choose_pipeline, header, nothing, table
from tsflow.store import readers

_RUNS = 200
_MARKS = {"succeeded": "✓ succeeded", "failed": "✗ failed", "running": "… running", "skipped": "– skipped"}
_COLUMNS = {
    "id": "run",
    "kind": "kind",
    "space": "space",
    "slot": st.column_config.DatetimeColumn("slot", format="YYYY-MM-DD HH:mm"),
    "status": "status",
    "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
    "finished_at": st.column_config.DatetimeColumn("ended", format="YYYY-MM-DD HH:mm:ss"),
    "attempt": "attempt",
    "device": "device",
    "error": "error",
}


def page() -> None:
    """The last runs, newest first."""
    header("Runs", "What ran for this pipeline, how did it end, and how long did it take? Times are UTC.")
    pipeline = choose_pipeline()
    if pipeline is None:
        return
    runs = data.read(readers.runs, pipeline["name"], _RUNS)
    kinds = sorted(runs["kind"].unique())
    chosen = st.pills("Kind", kinds, selection_mode="multi", key="kinds")
    runs = runs.assign(status=runs["status"].map(_MARKS), seconds=_seconds(runs))
    shown = runs[runs["kind"].isin(chosen)] if chosen else runs
    if shown.empty:
        nothing("Nothing has run yet", "`tsflow run` does the present slot.")
        return
    table(shown[list(_COLUMNS)], "The last runs, newest first", **_COLUMNS)


def _seconds(runs: pd.DataFrame) -> "pd.Series[float]":
    """What each took: the runs of a slot start at the moment that the slot was opened at, and follow each other."""
    before = runs.sort_values("finished_at").groupby("started_at")["finished_at"].shift()
    return (runs["finished_at"] - before.fillna(runs["started_at"])).dt.total_seconds()
