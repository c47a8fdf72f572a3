"""Whether each pipeline is well, the ones that need a look first."""

from typing import Any

import pandas as pd
import streamlit as st

from tsflow.dashboard import data
from tsflow.dashboard.shell import header, metrics, moment, nothing, table
from tsflow.store import readers

_MOST_CARDS = 12
_LAST_ALERTS = 20


def page() -> None:
    """Figures for all, then a card a pipeline, a table where they are many; then what was told last."""
    header("Overview", "Is every pipeline well, and is its forecast current? Times are UTC.")
    health = data.read(readers.pipeline_health)
    if health.empty:
        nothing("No pipeline has run on this database yet", "`tsflow run` reads series, trains and forecasts.")
        return
    champions = data.read(readers.champions)[["pipeline", "architecture"]].rename(columns={"architecture": "champion"})
    health = health.merge(champions, on="pipeline", how="left")
    health = health.assign(well=health["state"].isin(readers.WELL)).sort_values(["well", "pipeline"], ignore_index=True)
    unwell = int((~health["well"]).sum())
    metrics(
        {
            "Pipelines": f"{len(health)}",
            "Need a look": f"{unwell}",
            "Series": f"{health['series'].sum():,}",
            "Rows in quarantine": f"{health['open_quarantine'].sum():,}",
        }
    )
    if len(health) <= _MOST_CARDS:
        _cards(health)
    else:
        shown = ["pipeline", "state", "champion", "published_slot", "forecast_until", "newest_observation", "series"]
        more = ["series_without_forecast", "open_quarantine", "last_error"]
        table(health[[*shown, *more]], "Health of all pipelines")
    alerts = data.read(readers.alerts, None, _LAST_ALERTS)
    if not alerts.empty:
        st.subheader("Alerts", anchor=False)
        table(alerts[["raised_at", "pipeline", "kind", "slot", "message"]], "What was told last, newest first")


def _cards(health: pd.DataFrame) -> None:
    """Three in a row."""
    for start in range(0, len(health), 3):
        for place, (_, row) in zip(st.columns(3), health.iloc[start : start + 3].iterrows(), strict=False):
            with place:
                _card(row)


def _card(row: "pd.Series[Any]") -> None:
    with st.container(border=True, height="stretch"):
        st.subheader(row["pipeline"], anchor=False)
        if row["well"]:
            st.badge(str(row["state"]), icon=":material/check_circle:", color="green")
        else:
            st.badge(str(row["state"]), icon=":material/warning:", color="orange")
        champion = "–" if pd.isna(row["champion"]) else row["champion"]
        st.markdown(
            f"Issued **{moment(row['published_slot'])}**  \nReaches to **{moment(row['forecast_until'])}**  \n"
            f"Last observed **{moment(row['newest_observation'])}**  \n"
            f"**{row['series']:,}** series, forecast by **{champion}**"
        )
        if row["series_without_forecast"]:
            st.caption(f"{row['series_without_forecast']:,} series without a forecast")
        if row["open_quarantine"]:
            st.caption(f"{row['open_quarantine']:,} rows in quarantine")
        if row["last_error"]:
            st.text(row["last_error"])  # as it is: an error may quote data
