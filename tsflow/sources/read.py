"""Reading a source: whatever it is, chunks of raw rows in one form."""

from collections.abc import Iterator
from itertools import chain

import pandas as pd

from tsflow.config import CsvSource, HttpSource, ParquetSource, Source, SqlSource
from tsflow.errors import DataError
from tsflow.sources.block import Block
from tsflow.sources.delimited import read_delimited
from tsflow.sources.documents import read_document
from tsflow.sources.files import file_name, matching_files, opened
from tsflow.sources.http import on_this_machine
from tsflow.sources.long import chunks, long_form
from tsflow.sources.parquet import read_parquet
from tsflow.sources.sql import read_sql

_GZIP = b"\x1f\x8b"


def read(source: Source, default_name: str) -> Iterator[pd.DataFrame]:
    """The raw rows of a source, at most ``source.chunk_rows`` at a time.

    Args:
        source: Where they come from.
        default_name: Name of the series where the source holds one and ``source.name`` gives none.

    Yields:
        Frames with the columns ``unique_id`` (text), ``ds`` (text as written, or datetime64 where the source
        has types), ``y`` (text as written, or float64), ``available_at`` (like ``ds``; only where mapped),
        ``row`` (number in its source, from 1, a header not counted), ``origin`` (file, table or host) and
        ``broken`` (the text of a row that could not be split into columns, else null).

    Raises:
        SourceError: If the source cannot be read as configured.
        SourceUnavailable: If it did not answer, so that a retry may help.
        DataError: If it has no rows.
    """
    name = source.name or default_name
    empty = True
    with on_this_machine(source) as local:
        for chunk in chunks((long_form(block, source, name) for block in _blocks(local)), source.chunk_rows):
            empty = False
            yield chunk
    if empty:
        raise DataError(f"{_place(source)}: no rows: empty, or a header only; nothing was read")


def _blocks(source: Source) -> Iterator[Block]:
    match source:
        case CsvSource():
            return chain.from_iterable(read_delimited(source, url) for url in matching_files(source.path))
        case ParquetSource():
            return chain.from_iterable(read_parquet(source, url) for url in matching_files(source.path))
        case SqlSource():
            return read_sql(source)
        case HttpSource():
            return _document(source)


def _document(source: HttpSource) -> Iterator[Block]:
    """A downloaded document; one that was stored compressed is decompressed."""
    url = source.url.get_secret_value()
    with opened(url, None) as file:
        compression = "gzip" if file.read(len(_GZIP)) == _GZIP else None
    if source.format == "json":
        return read_document(source, url, compression)
    return read_delimited(source, url, compression=compression)


def _place(source: Source) -> str:
    match source:
        case CsvSource() | ParquetSource():
            return file_name(source.path)
        case SqlSource():
            return source.table or "source.query"
        case HttpSource():
            return "the document of source.url"
