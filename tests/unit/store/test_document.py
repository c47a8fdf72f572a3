from pathlib import Path

from tsflow.store.document import document
from tsflow.store.schema import metadata
from tsflow.store.views import views

PAGE = Path(__file__).parents[3] / "docs" / "tables.md"


def test_the_page_is_up_to_date() -> None:
    assert PAGE.read_text(encoding="utf-8") == document(), "python -m tsflow.store.document > docs/tables.md"


def test_every_table_view_and_column_is_explained() -> None:
    for table in metadata.sorted_tables:
        assert table.comment, table.name
        assert [column.name for column in table.columns if not column.comment] == []
    for view in views("postgresql"):
        assert all(comment for _, comment in view.columns.values())
