"""What people look at: pictures of the forecasts."""

from tsflow.reporting.plot import plot_forecasts, save_plot

__all__ = ["plot_forecasts", "save_plot"]
