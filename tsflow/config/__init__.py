"""The configuration: frozen, described field by field, read from one YAML file and the environment."""

from tsflow.config.load import database_url, load_project, place_of
from tsflow.config.operation import Alerts, Deployment
from tsflow.config.pipeline import Intervals, Pipeline, Quality, Retrain, Selection
from tsflow.config.project import Project, TaskRunner
from tsflow.config.retention import Limits, Retention
from tsflow.config.schedule import Schedule, schedule_kind, times_after
from tsflow.config.source import Columns, CsvSource, HttpSource, Melt, ParquetSource, Source, SqlSource
from tsflow.config.training import ARCHITECTURES, Training

__all__ = [
    "ARCHITECTURES",
    "Alerts",
    "Columns",
    "CsvSource",
    "Deployment",
    "HttpSource",
    "Intervals",
    "Limits",
    "Melt",
    "ParquetSource",
    "Pipeline",
    "Project",
    "Quality",
    "Retention",
    "Retrain",
    "Schedule",
    "Selection",
    "Source",
    "SqlSource",
    "TaskRunner",
    "Training",
    "database_url",
    "load_project",
    "place_of",
    "schedule_kind",
    "times_after",
]
