"""The rows that were refused, why, and as they were written."""

import pandas as pd
import streamlit as st

from tsflow.dashboard import data
from tsflow.dashboard.shell import choose_pipeline, header, metrics, nothing, table
from tsflow.store import browse, readers

_ROWS = 500
_COLUMNS = {
    "unique_id": "series",
    "ds": "time, as written",
    "reason": st.column_config.TextColumn("reason", width="large"),
    "raw": "row, as written",
    "source": "source",
    "failed_check": "check",
    "last_seen": st.column_config.DatetimeColumn("last seen", format="YYYY-MM-DD HH:mm"),
}


def page() -> None:
    """Counts by check, then the rows of one check or of all."""
    header("Quarantine", "Which rows were refused, and why? A row that is mended in the source leaves by itself.")
    pipeline = choose_pipeline()
    if pipeline is None:
        return
    refusals = data.read(browse.refusals, pipeline["name"])
    quality = data.read(readers.data_quality, pipeline["name"])
    if len(quality):
        counts = quality.iloc[0]
        names = {
            "rows_read": "Rows read last",
            "new": "of them new",
            "changed": "of them changed",
            "quarantined": "of them refused",
        }
        metrics({label: "–" if pd.isna(counts[name]) else f"{counts[name]:,.0f}" for name, label in names.items()})
    if refusals.empty:
        nothing("Nothing is in quarantine", "Every row of the source was credible.")
        return
    everything = "all checks"
    counted = dict(zip(refusals["failed_check"], refusals["rows"], strict=True))
    left, right = st.columns(2)
    check = left.selectbox(
        "Check", [everything, *counted], key="check",
        format_func=lambda name: f"{name} ({counted.get(name, sum(counted.values())):,})",
    )  # fmt: skip
    text = right.text_input("Series", key="refused_series", placeholder="part of a name", type="search", live="300ms")
    wanted = None if check == everything else check
    rows = data.read(browse.refused_rows, pipeline["name"], wanted, text or "", _ROWS)
    if rows.empty:
        nothing("No refused row matches", "Choose another check, or another part of a name.")
        return
    if len(rows) == _ROWS:
        st.caption(f"The last {_ROWS} rows; `tsflow quarantine --format csv` has all.")
    table(rows[list(_COLUMNS)], "Refused rows with the reason of each", **_COLUMNS)
