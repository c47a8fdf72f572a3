"""Observations: staged and merged by an ingest, read as a panel, as of any moment."""

from tsflow.store.merge import MergeCounts
from tsflow.store.panels import combined_digest, panel_digest, read_panel, series_digests
from tsflow.store.staging import Staging

__all__ = ["MergeCounts", "Staging", "combined_digest", "panel_digest", "read_panel", "series_digests"]
