"""Which models were tried, what each scored, which one forecasts, and why."""

import pandas as pd
import streamlit as st

from tsflow.dashboard import data, figures
from tsflow.dashboard.shell import choose_pipeline, header, moment, nothing, table
from tsflow.store import browse, readers

_COLUMNS = {
    "architecture": "model",
    "role": "role",
    "select_loss": st.column_config.NumberColumn("loss that decides", format="%.4f"),
    "tune_loss": st.column_config.NumberColumn("loss while tuning", format="%.4f"),
    "parameters": st.column_config.NumberColumn("weights", format="localized"),
    "seconds": st.column_config.NumberColumn("seconds to train", format="%.1f"),
    "steps": st.column_config.NumberColumn("optimiser steps", format="localized"),
    "status": "status",
    "error": "error",
}


def page() -> None:
    """The leaderboard of the last retrain, its training curves, and all decisions."""
    header("Models", "Which networks were tried, what each scored on held-out data, and why one of them forecasts.")
    pipeline = choose_pipeline()
    if pipeline is None:
        return
    board = data.read(readers.leaderboard, pipeline["name"])
    if board.empty:
        nothing("Nothing has been trained for this pipeline yet", "`tsflow retrain` trains all architectures.")
        return
    left, right = st.columns(2)
    with left:
        st.subheader("Leaderboard", anchor=False)
        st.plotly_chart(figures.board(board), width="stretch", key="board", alt="Losses of all models, the best first")
    with right:
        st.subheader("Training", anchor=False)
        curves = data.read(browse.curves, board["model_id"].tolist())
        st.plotly_chart(figures.curves(curves), width="stretch", key="curves", alt="Tune loss over optimiser steps")
    shown = [name for name in _COLUMNS if board[name].notna().any()]
    table(board[shown], "All models of the last retrain", **{name: _COLUMNS[name] for name in shown})
    st.subheader("Decisions", anchor=False)
    _decisions(data.read(readers.decisions, pipeline["name"]))


def _decisions(found: pd.DataFrame) -> None:
    for row in found.head(20).to_dict("records"):
        with st.container(border=True):
            st.markdown(f"**{row['outcome']}** · slot {moment(row['slot'])}, decided {moment(row['decided_at'])}")
            st.text(row["reason"])
            protocol = row["protocol"]
            if isinstance(protocol, dict):
                st.caption(f"{protocol.get('kind')}: {protocol.get('reason')}")
