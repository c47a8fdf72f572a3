"""What pages share: errors in words, the choice of a pipeline, tables, the colours of the theme."""

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from tsflow.dashboard import data
from tsflow.dashboard.figures import BLACK, WHITE
from tsflow.errors import SchemaOutdated, TsflowError

logger = logging.getLogger("tsflow")


def guarded(page: Callable[[], None]) -> Callable[[], None]:
    """The page with what goes wrong said in words, and with a way to try again."""

    def run() -> None:
        try:
            data.check()
            page()
        except SchemaOutdated as error:
            st.warning(f"This database is not ready: {error}", icon=":material/database:")
            _again()
        except TsflowError as error:
            st.error(f"The database cannot be read now. {error}", icon=":material/error:")
            _again()
        except Exception:
            logger.exception("the page failed")
            st.error("Something unforeseen happened, which is a fault of ours; the log of the dashboard says what.")
            _again()

    return run


def _again() -> None:
    if st.button("Try again", icon=":material/refresh:"):
        st.cache_data.clear()
        st.rerun()


def header(title: str, about: str) -> None:
    """The page's title and a line on what it answers."""
    st.header(title, anchor=False)
    st.caption(about)


def choose_pipeline() -> "pd.Series[Any] | None":
    """The chosen pipeline's row, its name in the address; None where there is none yet, which the page then says."""
    found = data.pipelines()
    if found.empty:
        nothing("No pipeline has run on this database yet", "`tsflow run` reads series, trains and forecasts.")
        return None
    names = found["name"].tolist()
    name = st.sidebar.selectbox("Pipeline", names, key="pipeline", bind="query-params", persist_state="session")
    row: pd.Series[Any] = found.set_index("name", drop=False).loc[name or names[0]]
    return row


def let_go(key: str, options: Sequence[str], default: Any) -> None:
    """Set a chosen value back that is not among the options, of another pipeline say: it leaves the address, too."""
    if key not in st.session_state:
        return  # nothing is chosen yet: the address counts
    chosen = st.session_state[key]
    if isinstance(chosen, list):
        st.session_state[key] = [value for value in chosen if value in options]
    elif chosen not in options:
        st.session_state[key] = default


def nothing(what: str, remedy: str) -> None:
    """Say that there is nothing to show, and what makes something."""
    with st.container(border=True):
        st.markdown(f"**{what}**")
        st.caption(remedy)


def table(frame: pd.DataFrame, what: str, **columns: Any) -> None:
    """A table with readable times; ``what`` is read out instead of it. Columns are shown in the given order."""
    times = {
        name: st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm")
        for name in frame.columns
        if pd.api.types.is_datetime64_any_dtype(frame[name])
    }
    config = {**times, **columns}
    st.dataframe(frame, hide_index=True, width="stretch", alt=what, placeholder="–", column_config=config)


def metrics(values: Mapping[str, str]) -> None:
    """Figures with their labels, side by side, on a narrow screen two in a row."""
    with st.container(horizontal=True):
        for label, value in values.items():
            st.metric(label, value, border=True, width=165)


def ink() -> str:
    """The colour of what was observed: black, or white on a dark page."""
    return WHITE if st.context.theme.type == "dark" else BLACK


def moment(value: Any) -> str:
    """A time without needless zeros."""
    return "–" if value is None or pd.isna(value) else f"{value:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
