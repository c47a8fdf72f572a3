"""Parquet: the mapped columns, batch after batch."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tsflow.config import ParquetSource
from tsflow.sources.block import Block
from tsflow.sources.columns import wanted_columns
from tsflow.sources.files import file_name, opened


def read_parquet(source: ParquetSource, url: str) -> Iterator[Block]:
    """The rows of one Parquet file.

    Raises:
        SourceError: If it cannot be read, or a mapped column is missing.
    """
    place = file_name(url)
    row = 1
    with opened(url, None) as file:
        parquet = pq.ParquetFile(file)
        wanted = wanted_columns(source, parquet.schema_arrow.names, place)
        rows = max(1, source.chunk_rows // len(wanted)) if source.melt else source.chunk_rows
        for batch in parquet.iter_batches(rows, columns=wanted, use_threads=False):
            yield Block(pa.Table.from_batches([batch]), np.arange(row, row + batch.num_rows), place)
            row += batch.num_rows
