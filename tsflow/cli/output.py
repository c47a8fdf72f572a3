"""Printing: tables for people, CSV, JSON and Parquet for programs; notes go to stderr."""

import json
import math
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tsflow.cli.options import Format
from tsflow.errors import ConfigError

if TYPE_CHECKING:
    import pandas as pd
    from rich.table import Table
    from rich.text import Text

_UNBOUNDED = 10_000  # columns of a table that no terminal cuts


def note(text: str, style: str | None = None) -> None:
    """Say something to the person at the terminal, on stderr."""
    from rich.console import Console

    Console(stderr=True, highlight=False).print(text, style=style, markup=False, soft_wrap=True)


def show(frame: "pd.DataFrame", form: Format, output: Path | None, columns: list[str], empty: str = "nothing") -> None:
    """Print a frame, or write it to a file.

    Args:
        frame: What was found.
        form: How to print it. A table that is not printed to a terminal has no colours and is not cut.
        output: A file to write instead; a table is written in the form that its name ends in, else as CSV.
        columns: Those that a table shows; all other forms have every column.
        empty: A note for the person who finds nothing.

    Raises:
        ConfigError: If Parquet would go to a terminal, or the file cannot be written.
    """
    if frame.empty:
        note(empty)
    if output is not None:
        _write(frame, form, output)
        note(f"{len(frame):,} rows written to {output}")
    elif form is Format.parquet:
        if sys.stdout.isatty():
            raise ConfigError("Parquet is not for a terminal: give a file with -o FILE, or pipe it")
        sys.stdout.buffer.write(_bytes(frame, form))
    elif form is not Format.table:
        sys.stdout.write(_bytes(frame, form).decode())
    elif not frame.empty:
        print_table(frame[columns])


_SHORT = 16
"""Width up to which a text, such as a name or a state, is never folded."""


def print_table(frame: "pd.DataFrame") -> None:
    """Print a frame as a table, cut to no width where it does not go to a terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else _UNBOUNDED
    Console(highlight=False, width=width).print(_table(frame))


def _table(frame: "pd.DataFrame") -> "Table":
    """Numbers to the right with 5 digits of the largest, times without needless zeros."""
    from pandas.api.types import is_datetime64_any_dtype, is_numeric_dtype
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    columns = [_words(frame[name]) for name in frame.columns]
    for name, cells in zip(frame.columns, columns, strict=True):
        numeric, stamps = is_numeric_dtype(frame[name]), is_datetime64_any_dtype(frame[name])
        widest = max(map(len, cells), default=0)
        whole = bool(numeric or stamps or widest <= _SHORT)  # only sentences are folded in a narrow terminal
        heading = str(name) if len(str(name)) <= max(widest, _SHORT) else str(name).replace("_", "_\n")
        table.add_column(
            heading,
            justify="right" if numeric else "left",
            no_wrap=whole,
            overflow="fold",
            min_width=min(widest, _SHORT),
        )
    for row in zip(*columns, strict=True):
        table.add_row(*row)
    return table


def _words(column: "pd.Series[Any]") -> list["Text"]:
    """Each value as text that rich takes as it is; a missing one is empty."""
    from pandas.api.types import is_datetime64_any_dtype, is_float_dtype
    from rich.text import Text

    known = column.dropna()
    if is_datetime64_any_dtype(column):
        dates = bool((known == known.dt.normalize()).all())
        texts = known.dt.strftime("%Y-%m-%d" if dates else "%Y-%m-%d %H:%M:%S")
    elif is_float_dtype(column):
        texts = known.map(_number_format(known).format)
    else:
        texts = known.map(str)
    return [Text(text) for text in texts.reindex(column.index, fill_value="")]


def _number_format(values: "pd.Series[Any]") -> str:
    """One number of decimals for a column, so that its points stand below each other."""
    largest = values.abs().max() if len(values) else 0.0
    if not 1e-4 <= largest < 1e15:
        return "{:.5g}"
    if (values == values.round()).all():
        return "{:,.0f}"
    return f"{{:,.{max(0, 4 - math.floor(math.log10(largest)))}f}}"


def _write(frame: "pd.DataFrame", form: Format, output: Path) -> None:
    if form is Format.table:
        form = next((known for known in Format if output.suffix == f".{known}"), Format.csv)
    try:
        output.write_bytes(_bytes(frame, form))
    except OSError as error:
        raise ConfigError(f"{output}: cannot be written: {error.strerror}") from None


def _bytes(frame: "pd.DataFrame", form: Format) -> bytes:
    from io import BytesIO

    if form is not Format.json:
        frame = frame.copy(deep=False)
        for name in frame.columns:
            if any(isinstance(value, dict | list) for value in frame[name]):
                frame[name] = frame[name].map(json.dumps)
    if form is Format.parquet:
        buffer = BytesIO()
        frame.to_parquet(buffer, index=False)
        return buffer.getvalue()
    if form is Format.json:
        return (frame.to_json(orient="records", date_format="iso", double_precision=15, indent=2) + "\n").encode()
    return frame.to_csv(index=False).encode()
