"""The page and its picture, from frames alone."""

import io
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import matplotlib.image
import pandas as pd
import pytest

from tsflow.frequency import Frequency
from tsflow.reporting.poster import draw_poster
from tsflow.reporting.report import Report, Shown, render_report

EVIL = "<script>alert('x')</script> $\\frac_ \"quoted\" 温度"
NOTHING = {
    "state": "never run",
    "published_slot": None,
    "forecast_until": None,
    "newest_observation": None,
    "last_error": None,
    "series": 0,
    "series_without_forecast": 0,
    "open_quarantine": 0,
}


class Page(HTMLParser):
    """Tags, texts, and everything that a browser would fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.texts: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.fetched += [value or "" for name, value in attrs if name in ("src", "href", "srcset", "action", "data")]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.texts).split())


def full(name: str = "north", **changes: Any) -> Report:
    """A report in which every part is there."""
    ds = pd.date_range("2024-01-01", periods=60)
    ahead = pd.date_range("2024-03-01", periods=7)
    bounds = {"y_hat": 2.0, "lo_80": 1.5, "hi_80": 2.5, "lo_95": 1.0, "hi_95": 3.0, "model": "gru"}
    history = pd.DataFrame({"unique_id": name, "ds": ds, "y": 1.0})
    forecast = pd.DataFrame({"unique_id": name, "ds": ahead, **bounds})
    rows = [
        {"slot": pd.Timestamp(2024, 2, day), "lead": lead, "steps": 10 * lead, "mae": 1.0 * lead, "bias": -0.5,
         "level": 10.0, "coverage_80": 0.75, "coverage_95": 1.0}
        for day in (1, 2) for lead in (1, 2)
    ]  # fmt: skip
    board = {"architecture": ["gru", "rnn", name], "champion": [1, 0, 0], "status": ["trained", "trained", "failed"]}
    board |= {"select_loss": [0.25, 0.5, None], "parameters": [52_248, 10, None], "error": [None, None, name]}
    values = {
        "pipeline": "demand",
        "made_at": datetime(2024, 3, 1, 6, tzinfo=UTC),
        "frequency": Frequency.parse("D"),
        "health": {**NOTHING, "state": "ok", "published_slot": pd.Timestamp("2024-03-01"), "series": 1},
        "series": (Shown(name, f"changed, says {name}", history, forecast),),
        "board": pd.DataFrame(board),
        "curves": {"gru": [[10, 0.5, 0.4], [20, 0.4, 0.3]], name: [[10, 0.5, None]]},
        "decision": {"outcome": "promoted", "decided_at": pd.Timestamp("2024-03-01"), "reason": f"{name} won",
                     "protocol": {"kind": "merged", "reason": name}},
        "accuracy": pd.DataFrame(rows),
        "quality": {"finished_at": pd.NaT, "rows_read": 10_000, "new": 1, "changed": 0, "same": 9_999,
                    "quarantined": 2, "error": None},
        "refused": pd.DataFrame([{"failed_check": "off_grid", "rows": 2, "reason": name}]),
    }  # fmt: skip
    return Report(**{**values, **changes})


def empty() -> Report:
    return Report(
        pipeline="demand", made_at=datetime(2024, 3, 1, tzinfo=UTC), frequency=Frequency.parse("D"), health=NOTHING
    )


def test_the_page_says_what_there_is() -> None:
    page = Page(render_report(full()))
    for said in ("demand", "north", "north won", "52,248", "0.2500", "10,000 rows", "off_grid"):
        assert said in page.text
    assert page.tags.count("img") == 5  # a series, training, calibration, errors by lead and by issue
    assert "gru forecasts" in page.text


def test_the_page_needs_no_network_and_runs_nothing() -> None:
    page = Page(render_report(full()))
    assert all(place.startswith("data:image/svg+xml;base64,") for place in page.fetched)
    assert not {"script", "iframe", "object", "form", "a"} & set(page.tags)
    assert "default-src 'none'" in render_report(full())


@pytest.mark.filterwarnings("ignore:Glyph")  # of the pictures; the page has the name in its own text
def test_names_and_reasons_are_text_whatever_they_hold() -> None:
    html = render_report(full(EVIL))
    assert "<script" not in html
    assert Page(html).text.count(EVIL) == 7


def test_a_pipeline_that_never_ran_has_a_report_that_says_so() -> None:
    text = Page(render_report(empty())).text
    for said in ("never run", "Nothing is published yet", "Nothing has been trained yet", "Nothing is in quarantine"):
        assert said in text


def test_before_anything_came_true_nothing_is_said_of_errors() -> None:
    page = Page(render_report(full(accuracy=pd.DataFrame())))
    assert page.tags.count("img") == 2
    assert "No published forecast has come true yet" in page.text


def test_accuracy_is_weighted_by_steps() -> None:
    report = full()
    assert report.by_lead["mae"].tolist() == [1.0, 2.0]
    assert report.by_issue["mae"].tolist() == [pytest.approx(5 / 3)] * 2
    assert report.overall["mae"] == pytest.approx(5 / 3)
    assert report.overall["steps"] == 60
    assert empty().overall == {}


def explanation(reach: int | None) -> dict[str, Any]:
    """As a retrain writes it, of a network or of the stage alone."""
    influence = [0.5, 0.25, 0.15, 0.1] if reach else []
    looked = {"network_reach": reach, "network_influence": influence, "reach": 4, "leans_on": [[2, 0.4], [1, 0.3]]}
    return {**looked, "milliseconds": 1234.5, "error_by_lead": [0.5, None, 0.75]}


def test_the_textbooks_claims_stand_beside_what_was_measured() -> None:
    explained = [explanation(3), explanation(None), None]
    board = full().board.assign(pipeline="demand", seconds=2.0, explanation=explained)
    board["architecture"] = ["stage", "rnn", "seasonal_naive"]
    page = Page(render_report(full(board=board)))
    assert "long term dependence the textbook says no" in page.text  # of rnn, which comes before what is not in it
    assert "milliseconds per 1000 series to forecast 1,000 series 1,234 1,234" in page.text
    assert "main lags steps back that it leans on most; 1 is the last observation 2, 1 2, 1" in page.text
    assert "share of main lags of its attribution: the higher, the shorter the story 70% 70%" in page.text
    assert "50 % where all of the context counts alike – 25%" in page.text
    assert "textbook" not in Page(render_report(full())).text


@pytest.mark.filterwarnings("ignore:Glyph")
@pytest.mark.parametrize("report", [full(), full(EVIL), full(accuracy=pd.DataFrame()), empty()])
def test_the_poster_is_a_picture_of_any_report(report: Report) -> None:
    content = io.BytesIO()
    draw_poster(report).savefig(content, format="png")
    content.seek(0)
    height, width, _ = matplotlib.image.imread(content).shape
    assert width == 1100
    assert height > 400


def test_the_poster_shows_four_series_at_most() -> None:
    (one,) = full().series
    figure = draw_poster(full(series=(one,) * 6))
    assert len(draw_poster(full(series=(one,) * 3)).axes) == 1 + 3 + 2
    titles = [axes.get_title("left") for axes in figure.axes if axes.get_visible()]
    assert len([title for title in titles if title.startswith("north")]) == 4


def test_the_templates_are_in_the_package() -> None:
    import tsflow.reporting

    assert (Path(tsflow.reporting.__file__).parent / "templates" / "report.html").exists()
