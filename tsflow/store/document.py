"""Write docs/tables.md from the comments of the schema and the views: ``python -m tsflow.store.document``."""

import tempfile
from collections.abc import Iterator
from decimal import Decimal

from sqlalchemy import Column, Engine, Integer, Table, UniqueConstraint, text
from sqlalchemy.dialects import sqlite

from tsflow.store import specimen
from tsflow.store.engine import opened, reading
from tsflow.store.schema import metadata
from tsflow.store.types import Flag, Json, Timestamp
from tsflow.store.views import View, views

_INTRODUCTION = """\
# Tables and views

Made by `python -m tsflow.store.document` from the schema and the views, as a test checks.

**Read the views.** They show published live forecasts only, times as ISO text (UTC; a date for steps of a day
and longer), and stay the same where tables change. In the tables, SQLite keeps times as integer microseconds
since 1970 (UTC), true and false as 1 and 0 and documents as JSON text; PostgreSQL has `timestamp`, `boolean`
and `jsonb`. The examples run as they are on both and show what a small fixed database answers
(`tsflow/store/specimen.py`; a test asks both databases); put your own pipeline and series in.
"""
_ROWS_SHOWN = 6


def document() -> str:
    """The whole page, in Markdown."""
    with tempfile.TemporaryDirectory() as folder, opened(f"sqlite:///{folder}/specimen.db") as engine:
        specimen.fill(engine)
        shown = [_view(view, answer(engine, view)) for view in views("sqlite")]
    parts = [_INTRODUCTION, "## Views\n", *shown, "## Tables\n"]
    return "\n".join([*parts, *(_table(table) for table in metadata.sorted_tables)])


def answer(engine: Engine, view: View) -> list[list[str]]:
    """What a view's example gives, as text, the names of the columns first."""
    with reading(engine) as connection:
        found = connection.execute(text(view.example))
        return [list(found.keys()), *([_cell(value) for value in row] for row in found)]


def _view(view: View, found: list[list[str]]) -> str:
    rows = [f"| `{name}` | {comment} |" for name, (_, comment) in view.columns.items()]
    head = [f"### {view.name}\n", f"{view.comment}\n", "| column | what |", "|---|---|"]
    lines = [f"| {' | '.join(row)} |" for row in found]
    ruler = "|" + "---|" * len(found[0])
    more = [f"\n... and {len(lines) - 1 - _ROWS_SHOWN} rows more."] if len(lines) > _ROWS_SHOWN + 1 else []
    asked = ["", f"**{view.question}**\n", "```sql", f"{view.example};", "```\n"]
    return "\n".join([*head, *rows, *asked, lines[0], ruler, *lines[1 : _ROWS_SHOWN + 1], *more, ""])


def _cell(value: object) -> str:
    """Numbers to four digits, which databases agree on."""
    if value is None:
        return ""
    return f"{float(value):.4g}" if isinstance(value, float | Decimal) else str(value)


def _table(table: Table) -> str:
    head = [
        f"### {table.name}\n",
        f"{table.comment}\n",
        "| column | type | key | what |",
        "|---|---|---|---|",
    ]
    rows = [
        f"| `{column.name}` | {_type(column)} | {', '.join(_keys(table, column))} | {column.comment} |"
        for column in table.columns
    ]
    return "\n".join([*head, *rows, ""])


def _type(column: Column[object]) -> str:
    kind = column.type
    if isinstance(kind, Timestamp):
        name = "time"
    elif isinstance(kind, Flag):
        name = "true or false"
    elif isinstance(kind, Json):
        name = "document"
    elif isinstance(kind, Integer):
        name = "integer"
    else:
        name = {"TEXT": "text", "REAL": "number"}[kind.compile(dialect=sqlite.dialect())]
    return name if column.nullable else f"{name}, never null"


def _keys(table: Table, column: Column[object]) -> Iterator[str]:
    if column.primary_key:
        yield "primary"
    for constraint in sorted(table.constraints, key=lambda item: str(item.name)):
        if isinstance(constraint, UniqueConstraint) and column.name in constraint.columns:
            yield "unique" if len(constraint.columns) == 1 else "unique together"
    for foreign in column.foreign_keys:
        yield f"→ {foreign.column.table.name}"


if __name__ == "__main__":
    print(document(), end="")
