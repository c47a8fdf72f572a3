"""Which models were tried, what each scored, which one forecasts, and why."""

import pandas as pd
import streamlit as st

from tsflow.dashboard import data, figures
from tsflow.dashboard.shell import choose_pipeline, header, moment, nothing, table
from tsflow.store import browse, readers

_COLUMNS = (
    *("architecture", "role", "select_loss", "tune_loss", "reach", "parameters", "milliseconds"),
    *("seconds", "steps", "status", "error"),
)


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
    shown = [name for name in _COLUMNS if name in board and board[name].notna().any()]
    losses = {name: st.column_config.NumberColumn(format="%.4f") for name in ("select_loss", "tune_loss")}
    counts = {"parameters": st.column_config.NumberColumn(format="localized")}
    table(board[shown], "All models of the last retrain", **losses, **counts)
    st.subheader("Decisions", anchor=False)
    _decisions(data.read(readers.decisions, pipeline["name"]))


def _decisions(found: pd.DataFrame) -> None:
    for row in found.head(20).to_dict("records"):
        with st.container(border=True):
            st.markdown(f"**{row['outcome']}** · {moment(row['decided_at'])}")
            st.text(row["reason"])
            protocol = row["protocol"]
            if isinstance(protocol, dict):
                st.caption(f"{protocol.get('kind')}: {protocol.get('reason')}")
