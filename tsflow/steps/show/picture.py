"""The picture of a pipeline's current forecasts."""

from collections.abc import Sequence
from datetime import datetime

from matplotlib.figure import Figure
from sqlalchemy import Engine

from tsflow.config import Pipeline
from tsflow.reporting.plot import plot_forecasts
from tsflow.store import readers
from tsflow.store.panels import read_panel

_MOST_SERIES = 6


def picture(engine: Engine, name: str, pipeline: Pipeline, series: Sequence[str] | None = None) -> Figure | None:
    """History, forecast and intervals of up to six series; None where nothing is published."""
    forecasts = readers.latest_forecasts(engine, name, series)
    if forecasts.empty:
        return None
    ids = readers.series(engine, name).set_index("unique_id")["id"]
    shown = list(dict.fromkeys(forecasts["unique_id"]))[:_MOST_SERIES]
    panel = read_panel(engine, name, pipeline.grid, series_ids=[int(ids[unique_id]) for unique_id in shown])
    issued: datetime = forecasts["issued_at"].max()
    title = f"{name} · issued {issued:%Y-%m-%d %H:%M}".removesuffix(" 00:00")
    return plot_forecasts(panel.to_frame(), forecasts, pipeline.grid, title)
