"""What the pages read, kept for a minute: a click costs at most one query of what it shows."""

import os
from collections.abc import Callable
from typing import Any

import pandas as pd
import streamlit as st
from sqlalchemy import Engine

from tsflow.errors import ConfigError
from tsflow.store import browse, migrate, readers
from tsflow.store.engine import connect

_SECONDS = 60
_READERS: dict[str, Callable[..., Any]] = {
    reader.__name__: reader
    for reader in (
        *(browse.pipelines, browse.count_series, browse.find_series, browse.history, browse.issues, browse.forecast_of),
        *(browse.accuracy, browse.ranked, browse.curves, browse.refusals, browse.refused_rows),
        *(readers.pipeline_health, readers.champions, readers.leaderboard, readers.decisions, readers.data_quality),
        *(readers.runs, readers.alerts),
    )
}


def read(reader: Callable[..., Any], *arguments: Any) -> Any:
    """What a reader of the store finds, at most a minute old."""
    return _read(_url(), reader.__name__, *arguments)


def pipelines() -> pd.DataFrame:
    """The pipelines that have run, by name."""
    found: pd.DataFrame = read(browse.pipelines)
    return found


def check() -> None:
    """Return if the database can be read.

    Raises:
        ConfigError: If none is named.
        StoreError: If it cannot be reached, or its tables are not of this version.
    """
    _check(_url())


def _url() -> str:
    url = os.environ.get("TSFLOW_DATABASE")
    if not url:
        raise ConfigError("TSFLOW_DATABASE names no database: start with `tsflow dashboard`")
    return url


@st.cache_resource(show_spinner=False, on_release=Engine.dispose)
def _engine(url: str) -> Engine:
    return connect(url)


@st.cache_data(ttl=_SECONDS, show_spinner="Connecting …")
def _check(url: str) -> None:
    migrate.check(_engine(url))


@st.cache_data(ttl=_SECONDS, max_entries=1_000, show_spinner="Reading …")
def _read(url: str, reader: str, *arguments: Any) -> Any:
    return _READERS[reader](_engine(url), *arguments)
