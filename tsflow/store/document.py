"""Write docs/tables.md from the comments of the schema and the views: ``python -m tsflow.store.document``."""

from collections.abc import Iterator

from sqlalchemy import Column, Integer, Table, UniqueConstraint
from sqlalchemy.dialects import sqlite

from tsflow.store.schema import metadata
from tsflow.store.types import Flag, Json, Timestamp
from tsflow.store.views import View, views

_INTRODUCTION = """\
# Tables and views

Made by `python -m tsflow.store.document` from the schema and the views, as a test checks.

**Read the views.** They show published live forecasts only, times as ISO text (UTC; a date for steps of a day
and longer), and stay the same where tables change. In the tables, SQLite keeps times as integer microseconds
since 1970 (UTC), true and false as 1 and 0 and documents as JSON text; PostgreSQL has `timestamp`, `boolean`
and `jsonb`. The examples run as they are on both; put your own pipeline and series in.
"""


def document() -> str:
    """The whole page, in Markdown."""
    parts = [_INTRODUCTION, "## Views\n", *map(_view, views("postgresql")), "## Tables\n"]
    return "\n".join([*parts, *(_table(table) for table in metadata.sorted_tables)])


def _view(view: View) -> str:
    rows = [f"| `{name}` | {comment} |" for name, (_, comment) in view.columns.items()]
    head = [f"### {view.name}\n", f"{view.comment}\n", "| column | what |", "|---|---|"]
    return "\n".join([*head, *rows, "", "```sql", f"{view.example};", "```", ""])


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
