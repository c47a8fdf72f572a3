"""How published forecasts came true: over time, by lead, and where they were worst."""

import streamlit as st

from tsflow.dashboard import data, figures
from tsflow.dashboard.shell import choose_pipeline, header, metrics, nothing, table
from tsflow.reporting.means import weighted
from tsflow.store import browse

_ISSUES = (10, 30, 100)


def page() -> None:
    """Three figures for the last issues, and the series that were forecast worst."""
    header("Accuracy", "How wrong were the published forecasts, and did the intervals keep their promise?")
    pipeline = choose_pipeline()
    if pipeline is None:
        return
    last = st.segmented_control("Of the last issues", _ISSUES, default=_ISSUES[0], key="last") or _ISSUES[0]
    found = data.read(browse.accuracy, pipeline["name"], last)
    if found.empty:
        nothing("No published forecast has come true yet", "Once its steps are observed, each forecast is compared.")
        return
    overall = weighted(found.assign(all=0), "all").iloc[0]
    metrics(
        {
            "Mean absolute error": f"{overall['mae']:,.4g}",
            "Relative to the level": f"{100 * overall['mae'] / overall['level']:.1f} %" if overall["level"] else "–",
            "In 80 % interval": f"{100 * overall['coverage_80']:.0f} %",
            "In 95 % interval": f"{100 * overall['coverage_95']:.0f} %",
        }
    )
    by_lead = weighted(found, "lead")
    _chart("Over time", figures.by_issue(weighted(found, "slot")), "Error of each issue")
    left, right = st.columns(2)
    with left:
        _chart("By lead", figures.by_lead(by_lead), "Error and bias by lead")
    with right:
        _chart("Intervals", figures.coverage(by_lead), "Coverage of the intervals by lead")
    st.subheader("Forecast worst lately", anchor=False)
    worst = data.read(browse.ranked, pipeline["name"], "wrong", 20)
    percent = st.column_config.NumberColumn("error, share of level", format="percent")
    table(worst, "The series whose forecasts were worst", unique_id="series", value=percent)


def _chart(title: str, figure: object, what: str) -> None:
    st.subheader(title, anchor=False)
    st.plotly_chart(figure, width="stretch", key=title, alt=what)
