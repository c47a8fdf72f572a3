"""The configuration: frozen, described field by field, read from one YAML file and the environment."""

from tsflow.config.load import load_project
from tsflow.config.pipeline import Intervals, Pipeline, Quality, Retrain, Selection
from tsflow.config.project import Project, TaskRunner
from tsflow.config.source import Columns, CsvSource, HttpSource, Melt, ParquetSource, Source, SqlSource
from tsflow.config.training import ARCHITECTURES, Training

__all__ = [
    "ARCHITECTURES",
    "Columns",
    "CsvSource",
    "HttpSource",
    "Intervals",
    "Melt",
    "ParquetSource",
    "Pipeline",
    "Project",
    "Quality",
    "Retrain",
    "Selection",
    "Source",
    "SqlSource",
    "TaskRunner",
    "Training",
    "load_project",
]
