"""What has run, how it ended, and how long it took."""

import streamlit as st

from tsflow.dashboard import data
from tsflow.dashboard.shell import choose_pipeline, header, nothing, table
from tsflow.store import readers

_RUNS = 200
_MARKS = {"succeeded": "✓ succeeded", "failed": "✗ failed", "running": "… running", "skipped": "– skipped"}


def page() -> None:
    """The last runs, newest first."""
    header("Runs", "What ran for this pipeline, how did it end, and how long did it take? Times are UTC.")
    pipeline = choose_pipeline()
    if pipeline is None:
        return
    runs = data.read(readers.runs, pipeline["name"], _RUNS)
    kinds = sorted(runs["kind"].unique())
    chosen = st.pills("Kind", kinds, selection_mode="multi", key="kinds")
    shown = runs[runs["kind"].isin(chosen)] if chosen else runs
    if shown.empty:
        nothing("Nothing has run yet", "`tsflow run` does the present slot.")
        return
    seconds = (shown["finished_at"] - shown["started_at"]).dt.total_seconds()
    shown = shown.assign(status=shown["status"].map(_MARKS), seconds=seconds)
    columns = ["id", "kind", "slot", "status", "started_at", "seconds", "attempt", "device", "error"]
    table(shown[columns], "The last runs, newest first", seconds=st.column_config.NumberColumn(format="%.1f"))
