"""JSON: a list of records somewhere in a document."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa

from tsflow.config import HttpSource
from tsflow.errors import SourceError
from tsflow.sources.arrays import array_of
from tsflow.sources.block import Block
from tsflow.sources.columns import wanted_columns
from tsflow.sources.files import file_name, opened


def read_document(source: HttpSource, url: str, compression: str | None) -> Iterator[Block]:
    """The records of one JSON document; what is no object is a broken row.

    Raises:
        SourceError: If it is no JSON, has no list at ``source.records``, or lacks a mapped column.
    """
    place = file_name(url)
    with opened(url, compression) as file:
        try:
            document = json.load(file)
        except ValueError as error:
            raise SourceError(f"{place}: not JSON ({error}); is source.format right?") from None
    records = _records(document, source.records, place)
    if not records:
        return
    good = [(row, record) for row, record in enumerate(records, start=1) if isinstance(record, dict)]
    broken = [(row, json.dumps(record)) for row, record in enumerate(records, start=1) if not isinstance(record, dict)]
    found = list(dict.fromkeys(key for _, record in good for key in record))
    wanted = wanted_columns(source, found, place)
    table = pa.table({name: array_of([record.get(name) for _, record in good]) for name in wanted})
    yield Block(table, np.array([row for row, _ in good], dtype=np.int64), place, tuple(broken))


def _records(document: Any, path: str | None, place: str) -> list[Any]:
    for key in path.split(".") if path else ():
        if not isinstance(document, dict) or key not in document:
            keys = ", ".join(map(repr, document)) if isinstance(document, dict) else "none"
            raise SourceError(f"{place}: no {key!r} on the way of source.records {path!r}; the keys there: {keys}")
        document = document[key]
    if not isinstance(document, list):
        keys = f" with the keys {', '.join(map(repr, document))}" if isinstance(document, dict) else ""
        raise SourceError(
            f"{place}: expected a list of records, found {type(document).__name__}{keys}; set source.records"
        )
    return document
