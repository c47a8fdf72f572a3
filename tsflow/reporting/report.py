"""The report of a pipeline as one HTML file that needs no network: to be opened, mailed, kept."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pandas as pd
from jinja2 import Environment, PackageLoader, StrictUndefined

from tsflow.frequency import Frequency
from tsflow.reporting.charts import (
    Curve,
    coverage_chart,
    curves_chart,
    embedded,
    error_chart,
    forecast_chart,
    issues_chart,
)
from tsflow.reporting.means import weighted
from tsflow.reporting.textbook import Line, textbook_lines, textbook_table


@dataclass(frozen=True)
class Shown:
    """A series of the report, and why it is one."""

    unique_id: str
    why: str
    history: pd.DataFrame
    """``unique_id, ds, y``, ascending."""
    forecast: pd.DataFrame
    """``ds, y_hat, lo_80, hi_80, lo_95, hi_95, model``, ascending."""


@dataclass(frozen=True, kw_only=True)
class Report:
    """All that a report says; frames as `tsflow.store.readers` and `browse` return them."""

    pipeline: str
    made_at: datetime
    frequency: Frequency
    health: Mapping[str, Any]
    """The pipeline's row of `pipeline_health`."""
    series: tuple[Shown, ...] = ()
    board: pd.DataFrame = field(default_factory=pd.DataFrame)
    """The leaderboard, best first, with each model's explanation where it has one."""
    curves: Mapping[str, Curve] = field(default_factory=dict)
    """Training curve of each candidate, by architecture."""
    decision: Mapping[str, Any] | None = None
    """The last decision."""
    accuracy: pd.DataFrame = field(default_factory=pd.DataFrame)
    """How published forecasts came true, by issue and lead."""
    quality: Mapping[str, Any] | None = None
    """The pipeline's row of `data_quality`."""
    refused: pd.DataFrame = field(default_factory=pd.DataFrame)
    """``failed_check, rows, reason``: what is in quarantine, one example for each check."""

    @property
    def by_lead(self) -> pd.DataFrame:
        """Accuracy of all issues together, one row per lead."""
        return weighted(self.accuracy, "lead")

    @property
    def by_issue(self) -> pd.DataFrame:
        """Accuracy of all leads together, one row per issue."""
        return weighted(self.accuracy, "slot")

    @property
    def overall(self) -> Mapping[str, Any]:
        """Accuracy of all issues and leads together; empty where nothing came true yet."""
        if not len(self.accuracy):
            return {}
        return {str(name): value for name, value in weighted(self.accuracy.assign(all=0), "all").iloc[0].items()}


def render_report(report: Report) -> str:
    """The whole page. Everything that comes from data is escaped: names of series are not to be trusted."""
    charts = {
        one.unique_id: embedded(forecast_chart(one.history, one.forecast, report.frequency)) for one in report.series
    }
    by_lead = report.by_lead
    return _TEMPLATES.get_template("report.html").render(
        report=report,
        charts=charts,
        board=report.board.to_dict("records"),
        columns=[column for column in _BOARD if column[0] in report.board],
        textbook=_textbook(report.board),
        curves=embedded(curves_chart(report.curves)) if report.curves else None,
        coverage=embedded(coverage_chart(by_lead)) if len(by_lead) else None,
        errors=embedded(error_chart(by_lead)) if len(by_lead) else None,
        issues=embedded(issues_chart(report.by_issue)) if len(by_lead) else None,
        refused=report.refused.to_dict("records"),
    )


def _textbook(board: pd.DataFrame) -> tuple[list[str], list[Line]] | None:
    """The architectures that were looked into, and the lines of the textbook's table; none where none was."""
    table = textbook_table(board) if "explanation" in board else pd.DataFrame()
    return textbook_lines(table) if len(table) else None


def _number(value: Any, form: str = ",.0f") -> str:
    """A number in a format; a dash for what is not known."""
    return "–" if value is None or pd.isna(value) else format(value, form)


def _moment(value: Any) -> str:
    """A time without needless zeros."""
    return "–" if value is None or pd.isna(value) else f"{value:%Y-%m-%d %H:%M}".removesuffix(" 00:00")


_BOARD = (
    ("select_loss", "loss that decides", ".4f", "on the select zone, which no candidate was trained on"),
    ("tune_loss", "loss while tuning", ".4f", "on the tune zone, by which training was ended"),
    ("parameters", "weights", ",.0f", "number of weights"),
    ("seconds", "seconds to train", ",.1f", "wall time of the training"),
)
"""Columns of the leaderboard that are shown where they are there: name, heading, format, meaning."""

_TEMPLATES = Environment(
    loader=PackageLoader("tsflow.reporting"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters.update(number=_number, moment=_moment)
