from pathlib import Path

from sqlalchemy import Engine

from tsflow.store import specimen
from tsflow.store.document import answer, document
from tsflow.store.schema import metadata
from tsflow.store.views import views

PAGE = Path(__file__).parents[3] / "docs" / "tables.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "python -m tsflow.store.document > docs/tables.md"


def test_both_databases_give_the_answers_of_the_page(empty_engine: Engine) -> None:
    page = PAGE.read_text(encoding="utf-8")
    specimen.fill(empty_engine)
    for view in views(empty_engine.dialect.name):
        section = page.split(f"### {view.name}\n")[1].split("\n### ")[0]
        found = answer(empty_engine, view)
        assert len(found) > 1, f"the example of {view.name} answers nothing"
        for row in found[:6]:
            assert f"| {' | '.join(row)} |" in section


def test_every_table_view_and_column_is_explained() -> None:
    for table in metadata.sorted_tables:
        assert table.comment, table.name
        assert [column.name for column in table.columns if not column.comment] == []
    for view in views("postgresql"):
        assert view.question.endswith("?")
        assert all(comment for _, comment in view.columns.values())
