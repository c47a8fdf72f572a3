"""Which rows are good: Pandera contracts, screening, and the report of what was found.

Raw rows from ``tsflow.sources`` come in, rows that may be stored and rows for the quarantine go out.
"""

from tsflow.quality.checks import Check
from tsflow.quality.conflicts import conflict_rows
from tsflow.quality.health import PanelHealth, SeriesHealth, combined_health, panel_health
from tsflow.quality.report import QualityReport
from tsflow.quality.schemas import CleanObservations, ForecastRows, RawObservations, checked_forecasts
from tsflow.quality.screen import Screened, screen
from tsflow.quality.survey import Survey, survey

__all__ = [
    "Check",
    "CleanObservations",
    "ForecastRows",
    "PanelHealth",
    "QualityReport",
    "RawObservations",
    "Screened",
    "SeriesHealth",
    "Survey",
    "checked_forecasts",
    "combined_health",
    "conflict_rows",
    "panel_health",
    "screen",
    "survey",
]
