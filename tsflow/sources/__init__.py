"""Where series come from: CSV, Parquet, SQL and HTTP, read in chunks of bounded size.

``read`` yields raw rows in one form whatever the source; ``tsflow.quality`` judges them.
"""

from tsflow.sources.http import on_this_machine
from tsflow.sources.read import read

__all__ = ["on_this_machine", "read"]
