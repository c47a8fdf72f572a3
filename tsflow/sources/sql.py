"""SQL: a table or a query, streamed from the server in pieces."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pyarrow as pa
import sqlalchemy as sa
from sqlalchemy.exc import ArgumentError, InterfaceError, NoSuchModuleError, OperationalError, SQLAlchemyError

from tsflow.config import SqlSource
from tsflow.errors import SourceError, SourceUnavailable
from tsflow.sources.arrays import array_of
from tsflow.sources.block import Block
from tsflow.sources.columns import wanted_columns

_PIECE = 50_000
_WIDE_PIECE = 1_000
"""Rows a piece, which are Python objects for a moment: about 100 bytes a cell."""


def read_sql(source: SqlSource) -> Iterator[Block]:
    """The rows of a table, or of a query.

    Raises:
        SourceUnavailable: If the database cannot be reached.
        SourceError: If it refuses, or a mapped column is missing.
    """
    origin = source.table or "query"
    row = 1
    piece_rows = min(source.chunk_rows, _PIECE if source.melt is None else _WIDE_PIECE)
    with _engine(source) as engine, engine.connect() as connection:
        streaming = connection.execution_options(stream_results=True, yield_per=piece_rows)
        result = streaming.execute(_statement(source, engine))
        if not result.returns_rows:
            raise SourceError(f"{origin}: the query returns no rows; source.query is a SELECT")
        found = list(result.keys())
        wanted = [found.index(name) for name in wanted_columns(source, found, origin)]
        for piece in result.partitions():
            columns = list(zip(*piece, strict=True))
            table = pa.table({found[index]: array_of(columns[index]) for index in wanted})
            yield Block(table, np.arange(row, row + len(piece)), origin)
            row += len(piece)


def _statement(source: SqlSource, engine: sa.Engine) -> sa.Executable:
    if source.query is not None:
        return sa.text(source.query.replace(":", r"\:"))  # a colon in it is no parameter
    schema, _, table = (source.table or "").rpartition(".")
    found = [column["name"] for column in sa.inspect(engine).get_columns(table, schema or None)]
    wanted = wanted_columns(source, found, source.table or "")
    return sa.select(*map(sa.column, wanted)).select_from(sa.table(table, schema=schema or None))


@contextmanager
def _engine(source: SqlSource) -> Iterator[sa.Engine]:
    """An engine for one read; its errors name the database without its password."""
    place = "source.url"
    try:
        url = sa.make_url(source.url.get_secret_value())
        place = url.render_as_string(hide_password=True)
        engine = sa.create_engine(url, poolclass=sa.NullPool)
    except (ArgumentError, NoSuchModuleError, ValueError):
        raise SourceError(f"{place}: no database URL, such as postgresql+psycopg://user@host/name") from None
    except ModuleNotFoundError as error:
        raise SourceError(f"{place}: its driver is not installed; pip install {error.name}") from None
    try:
        yield engine
    except sa.exc.NoSuchTableError as error:
        raise SourceError(f"{place}: no table {error}; mend source.table") from None
    except (OperationalError, InterfaceError) as error:
        if isinstance(error, OperationalError) and engine.dialect.name == "sqlite" and "no such" in str(error.orig):
            raise SourceError(f"{place}: {error.orig}; mend source.table or source.query") from None
        raise SourceUnavailable(f"{place}: cannot be reached ({_first_line(error.orig)}); is it up?") from None
    except SQLAlchemyError as error:
        cause = getattr(error, "orig", None) or error
        raise SourceError(f"{place}: {_first_line(cause)}; mend source.table or source.query") from None
    finally:
        engine.dispose()


def _first_line(error: object) -> str:
    return next(iter(str(error).splitlines()), "")
