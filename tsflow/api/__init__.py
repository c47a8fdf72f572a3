"""tsflow for a notebook: a project's pipelines as objects, and a frame forecast without a project."""

from tsflow.api.frame import Fit, fit
from tsflow.api.project import Pipeline, Project

__all__ = ["Fit", "Pipeline", "Project", "fit"]
