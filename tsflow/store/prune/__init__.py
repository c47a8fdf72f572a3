"""Pruning: what a pipeline's retention lets go of, and letting it go."""

from tsflow.store.prune.delete import artifacts, delete_references, delete_rows
from tsflow.store.prune.find import Prunable, find
from tsflow.store.prune.ranges import drop_whole_ranges, make_ranges
from tsflow.store.prune.spaces import close_space, delete_space, models_of_space

__all__ = [
    "Prunable",
    "artifacts",
    "close_space",
    "delete_references",
    "delete_rows",
    "delete_space",
    "drop_whole_ranges",
    "find",
    "make_ranges",
    "models_of_space",
]
