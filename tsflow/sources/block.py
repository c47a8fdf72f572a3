"""Rows of one source as they were read, under the source's own column names."""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray


@dataclass(frozen=True)
class Block:
    """Some consecutive rows of one file, table or document.

    Invariant: a row is either in ``table``, or in ``broken``, or had nothing in it.
    """

    table: pa.Table
    """The mapped columns; text as it was written where the source is text."""
    row: NDArray[np.int64]
    """Number of each row of ``table`` in its source, from 1, a header not counted."""
    origin: str
    """Where the rows are from: a file's name, a table, a host; never a secret."""
    broken: tuple[tuple[int, str], ...] = ()
    """Number and text of the rows that have not the columns that they should."""
