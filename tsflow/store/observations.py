"""Observations: staged and merged by an ingest, read as a panel, as of any moment."""

from tsflow.store.merge import MergeCounts
from tsflow.store.panels import panel_digest, read_panel
from tsflow.store.staging import Staging

__all__ = ["MergeCounts", "Staging", "panel_digest", "read_panel"]
