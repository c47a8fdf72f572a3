"""CSV: lines of separated values, where a row is a line and a bad line is a bad row, never a crash."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from numpy.typing import NDArray

from tsflow.config.source import DelimitedSource
from tsflow.errors import SourceError
from tsflow.sources.block import Block
from tsflow.sources.columns import wanted_columns
from tsflow.sources.files import file_name, opened
from tsflow.sources.lines import line_blocks


@dataclass(frozen=True)
class _Layout:
    """What one file's header says."""

    names: list[str]
    wanted: list[str]
    separator: str


def read_delimited(source: DelimitedSource, url: str, *, compression: str | None = "infer") -> Iterator[Block]:
    """The rows of one CSV file, their cells as text.

    A quoted cell may hold separators but no line break: a row is a line, so that a stray quote costs its own
    row and not the rest of the file. Lines with the wrong number of cells, or of quotes, are ``broken``; blank
    ones are left out.

    Args:
        source: Which columns are wanted, and how the text is written.
        url: Path or fsspec URL.
        compression: Of the file; by its ending if not given.

    Raises:
        SourceError: If it or its header cannot be read, or a mapped column is missing.
    """
    place = file_name(url)
    layout: _Layout | None = None
    row = 1
    with opened(url, compression) as file:
        for block in line_blocks(file, source.encoding, place):
            lines = block
            if layout is None:
                header, lines = _first_line(block)
                if not header:
                    continue
                names = _names(header, source.separator, place)
                layout = _Layout(names, wanted_columns(source, names, place), source.separator)
            if lines:
                yield _parsed(lines, layout, row, place)
                row += _count_lines(lines)


def _first_line(block: bytes) -> tuple[str, bytes]:
    """The first line that is not blank, and what follows it."""
    while block:
        line, _, block = block.partition(b"\n")
        if line.strip():
            return line.decode(errors="replace").rstrip("\r"), block
    return "", b""


def _names(header: str, separator: str, place: str) -> list[str]:
    try:
        return _unique(next(csv.reader([header], delimiter=separator)))
    except csv.Error:
        raise SourceError(
            f"{place}: the header cannot be read; lines end with \\n or \\r\\n, not with \\r alone"
        ) from None


def _unique(names: Sequence[str]) -> list[str]:
    """Names without blanks around them; a repeated one gets a number, so that the first can be read."""
    seen: dict[str, int] = {}
    result = []
    for name in map(str.strip, names):
        seen[name] = seen.get(name, 0) + 1
        result.append(name if seen[name] == 1 else f"{name}.{seen[name] - 1}")
    return result


def _count_lines(block: bytes) -> int:
    return block.count(b"\n") + (not block.endswith(b"\n"))


def _has_odd_quote(block: bytes) -> bool:
    """Whether a quote stands alone in a line: a stray one, or one half of a cell with a line break."""
    if b'"' not in block:
        return False
    characters = np.frombuffer(block, dtype=np.uint8)
    ends = np.append(np.flatnonzero(characters == ord("\n")), len(block))
    quotes_before = np.searchsorted(np.flatnonzero(characters == ord('"')), ends)
    return bool((quotes_before % 2).any())


def _parsed(block: bytes, layout: _Layout, first_row: int, place: str) -> Block:
    """Parse by Arrow; if its rows would not be the block's lines (a stray quote or return), line by line."""
    if _has_odd_quote(block) or block.count(b"\r") != block.count(b"\r\n"):  # to Arrow, a return ends a line
        return _parsed_by_line(block, layout, first_row, place)
    lines = _count_lines(block)
    rejected: list[tuple[int, str]] = []

    def reject(invalid: pyarrow.csv.InvalidRow) -> str:
        rejected.append((invalid.number, invalid.text))
        return "skip"

    try:
        table = pyarrow.csv.read_csv(
            pa.BufferReader(block),
            pyarrow.csv.ReadOptions(use_threads=False, column_names=layout.names, block_size=len(block) + 1),
            pyarrow.csv.ParseOptions(delimiter=layout.separator, ignore_empty_lines=False, invalid_row_handler=reject),
            pyarrow.csv.ConvertOptions(
                column_types=dict.fromkeys(layout.wanted, pa.string()),
                include_columns=layout.wanted,
                strings_can_be_null=False,
            ),
        )
    except (pa.ArrowInvalid, UnicodeDecodeError):
        return _parsed_by_line(block, layout, first_row, place)
    if table.num_rows + len(rejected) != lines:
        return _parsed_by_line(block, layout, first_row, place)
    readable = np.ones(lines, dtype=bool)
    readable[[number - 1 for number, _ in rejected]] = False
    broken = tuple((first_row + number - 1, line) for number, line in rejected)
    return _without_blanks(table, np.flatnonzero(readable) + first_row, place, broken)


def _parsed_by_line(block: bytes, layout: _Layout, first_row: int, place: str) -> Block:
    """The same rows by the standard library, each line on its own."""
    rows, numbers, broken = [], [], []
    for number, line in enumerate(block.removesuffix(b"\n").split(b"\n"), start=first_row):
        text = line.decode(errors="replace").removesuffix("\r")
        try:
            cells = [] if text.count('"') % 2 else next(csv.reader([text], delimiter=layout.separator, strict=True), [])
        except csv.Error:
            cells = []
        if len(cells) == len(layout.names):
            rows.append(cells)
            numbers.append(number)
        elif text.strip():
            broken.append((number, text))
    columns = dict(zip(layout.names, zip(*rows, strict=True), strict=True)) if rows else {}
    table = pa.table({name: pa.array(columns.get(name, ()), pa.string()) for name in layout.wanted})
    return _without_blanks(table, np.asarray(numbers, dtype=np.int64), place, tuple(broken))


def _without_blanks(table: pa.Table, row: NDArray[np.int64], place: str, broken: tuple[tuple[int, str], ...]) -> Block:
    """Leave out the rows whose mapped cells are all empty, which spreadsheets like to append."""
    blank = np.ones(len(row), dtype=bool)
    for column in table.columns:
        if not blank.any():
            break
        blank &= pc.equal(column, "").to_numpy(zero_copy_only=False)
    if blank.any():
        table, row = table.filter(pa.array(~blank)), row[~blank]
    return Block(table, row, place, broken)
