"""What Streamlit runs: the pages, and what they have in common.

The database is that of TSFLOW_DATABASE, which `tsflow dashboard` sets; nothing else is needed.
"""

import streamlit as st

from tsflow.dashboard.screens import accuracy, models, overview, quarantine, runs, series
from tsflow.dashboard.shell import guarded

_PAGES = [
    st.Page(guarded(overview.page), title="Overview", icon=":material/dashboard:", default=True),
    st.Page(guarded(series.page), title="Series", icon=":material/show_chart:", url_path="series"),
    st.Page(guarded(accuracy.page), title="Accuracy", icon=":material/target:", url_path="accuracy"),
    st.Page(guarded(models.page), title="Models", icon=":material/leaderboard:", url_path="models"),
    st.Page(guarded(quarantine.page), title="Quarantine", icon=":material/block:", url_path="quarantine"),
    st.Page(guarded(runs.page), title="Runs", icon=":material/history:", url_path="runs"),
]

_ICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><rect width="16" height="16" rx="3" fill="#0072b2"/>'
    '<path d="M2 11 5 6l3 3 3-5 3 3" fill="none" stroke="#fff" stroke-width="1.6"/></svg>'
)

st.set_page_config(page_title="tsflow", page_icon=_ICON, layout="wide")
st.navigation(_PAGES).run()
