"""What people look at: pictures of the forecasts, and the report."""

from tsflow.reporting.plot import plot_forecasts, save_plot
from tsflow.reporting.poster import draw_poster
from tsflow.reporting.report import Report, Shown, render_report

__all__ = ["Report", "Shown", "draw_poster", "plot_forecasts", "render_report", "save_plot"]
