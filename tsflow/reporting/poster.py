"""The report as one static picture, for a chat or an e-mail that shows no page."""

from textwrap import wrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure, SubFigure
from matplotlib.layout_engine import ConstrainedLayoutEngine

from tsflow.reporting.charts import draw_coverage, draw_curves
from tsflow.reporting.plot import BLACK, BLUE, GREY, draw_series, tidy
from tsflow.reporting.report import Report

_MOST_SERIES = 4
_PALE = "#b5cfe0"


def draw_poster(report: Report) -> Figure:
    """Title and state, up to four series, the leaderboard, and the calibration or, without one, the training."""
    shown = report.series[:_MOST_SERIES]
    rows = -(-len(shown) // 2)
    roomy = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.08)
    figure = Figure(figsize=(11, 1.6 + 2.5 * rows + 2.9), dpi=100, layout=roomy)
    parts = figure.subfigures(rows + 2, 1, squeeze=False, height_ratios=[1.3, *[2.5] * rows, 2.9])
    head, *middle, foot = parts[:, 0]
    _head(head.subplots(), report)
    for number, part in enumerate(middle):
        row = shown[2 * number : 2 * number + 2]
        cells = part.subplots(1, len(row), squeeze=False)[0]  # an odd one has the whole width
        for axes, one in zip(cells, row, strict=True):
            draw_series(axes, one.history, one.forecast, report.frequency)
            title = f"{one.unique_id} · {one.why}"
            axes.set_title(_short(title, 72), loc="left", fontsize=9, color=BLACK, parse_math=False)
    if shown:
        _legend(head, middle[0].axes[0])
    left, right = foot.subplots(1, 2)
    _board(left, report.board)
    by_lead = report.by_lead
    if len(by_lead):
        draw_coverage(right, by_lead)
        right.set_title("What came true within the intervals; dashed: promised", loc="left", fontsize=9, color=BLACK)
    else:
        draw_curves(right, report.curves)
        right.set_title("Training", loc="left", fontsize=9, color=BLACK)
    return figure


def _legend(head: SubFigure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    head.legend(handles, labels, loc="lower left", ncols=len(labels), frameon=False, fontsize=8, labelcolor=GREY)


def _head(axes: Axes, report: Report) -> None:
    axes.set_axis_off()
    issued = report.health["published_slot"]
    when = "nothing published" if pd.isna(issued) else f"issued {issued:%Y-%m-%d %H:%M} UTC"
    axes.text(
        0, 1, _short(report.pipeline, 60), fontsize=17, fontweight="bold", va="top", color=BLACK, parse_math=False
    )
    axes.text(0, 0.62, f"{when} · state: {report.health['state']}", fontsize=10, va="top", color=GREY, parse_math=False)
    if report.decision:
        reason = "\n".join(wrap(f"{report.decision['outcome']}: {report.decision['reason']}", 130)[:2])
        axes.text(0, 0.4, reason, fontsize=9, va="top", color=BLACK, linespacing=1.4, parse_math=False)


def _board(axes: Axes, board: pd.DataFrame) -> None:
    """Bars of the losses that decided, best on top."""
    axes.set_title("Loss that decides, lower is better", loc="left", fontsize=9, color=BLACK)
    scored = board.dropna(subset=["select_loss"]).iloc[::-1] if len(board) else board
    if not len(scored):
        axes.set_axis_off()
        axes.text(0, 0.5, "no model has been scored", fontsize=9, color=GREY)
        return
    colours = [BLUE if champion else _PALE for champion in scored["champion"]]
    bars = axes.barh(range(len(scored)), scored["select_loss"], color=colours, height=0.68)
    axes.bar_label(bars, fmt="%.4f", fontsize=8, padding=3, color=BLACK)
    axes.set_yticks(range(len(scored)), [str(name) for name in scored["architecture"]])
    tidy(axes, times=False)
    axes.grid(visible=False)
    axes.yaxis.set_major_formatter(lambda value, _: str(scored["architecture"].iloc[int(value)]))
    axes.margins(x=0.12)


def _short(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
