"""From a source's own columns to the raw rows that every source yields."""

from collections.abc import Iterator

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from tsflow.config.source import SourceSettings
from tsflow.sources.arrays import as_moments, as_text, as_values
from tsflow.sources.block import Block
from tsflow.sources.columns import series_columns, unique_id_column


def long_form(block: Block, source: SourceSettings, name: str) -> pa.Table:
    """The rows of a block as ``unique_id, ds, y[, available_at], row, origin, broken``.

    A wide block gives a row for each of its cells that is not empty; they share their row's number. A broken
    row has its text in ``broken`` and nothing in ``unique_id, ds, y``.
    """
    found, size = block.table.column_names, block.table.num_rows
    columns = {"ds": as_moments(block.table[source.columns.ds])}
    if source.columns.available_at is not None:
        columns["available_at"] = as_moments(block.table[source.columns.available_at])
    columns["row"] = pa.array(block.row)
    series = series_columns(source, found)
    if source.melt is None:
        id_column = unique_id_column(source, found)
        named = pa.repeat(pa.scalar(name), size) if id_column is None else as_text(block.table[id_column])
        table = pa.table({"unique_id": named, "y": as_values(block.table[source.columns.y]), **columns})
    else:
        cells = [as_values(block.table[one]) for one in series]
        table = pa.concat_tables(
            _without_empty(pa.table({"unique_id": pa.repeat(pa.scalar(one), size), "y": cell, **columns}))
            for one, cell in zip(series, _of_one_type(cells), strict=True)
        )
    return _with_broken(table, block)


def _of_one_type(cells: list[pa.Array]) -> list[pa.Array]:
    return cells if len({cell.type for cell in cells}) == 1 else [as_text(cell) for cell in cells]


def _without_empty(table: pa.Table) -> pa.Table:
    y = table["y"]
    if pa.types.is_string(y.type):
        return table.filter(pc.and_(pc.is_valid(y), pc.not_equal(pc.utf8_trim_whitespace(y), "")))
    return table.filter(pc.invert(pc.is_null(y, nan_is_null=True)))


def _with_broken(table: pa.Table, block: Block) -> pa.Table:
    table = table.append_column("broken", pa.nulls(table.num_rows, pa.string()))
    if block.broken:
        numbers, lines = zip(*block.broken, strict=True)
        known = {"row": pa.array(numbers, pa.int64()), "broken": pa.array(lines, pa.string())}
        rows = [known.get(field.name, pa.nulls(len(lines), field.type)) for field in table.schema]
        table = pa.concat_tables([table, pa.table(rows, schema=table.schema)])
    return table.append_column("origin", pa.repeat(pa.scalar(block.origin), table.num_rows))


def chunks(tables: Iterator[pa.Table], rows: int) -> Iterator[pd.DataFrame]:
    """The same rows in order, in frames of ``rows``; fewer at the end and where a column changes its type."""
    waiting: list[pa.Table] = []
    room = rows
    for table in tables:
        rest = table
        if waiting and waiting[0].schema != rest.schema:
            yield _frame(waiting)
            waiting, room = [], rows
        while rest.num_rows >= room:
            yield _frame([*waiting, rest.slice(0, room)])
            rest, waiting, room = rest.slice(room), [], rows
        if rest.num_rows:
            waiting.append(rest)
            room -= rest.num_rows
    if waiting:
        yield _frame(waiting)


def _frame(tables: list[pa.Table]) -> pd.DataFrame:
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame.assign(row=frame["row"].to_numpy(dtype=np.int64))
