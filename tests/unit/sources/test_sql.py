import sqlite3
from pathlib import Path

import pandas as pd
import pytest

from tsflow.config import Columns, SqlSource
from tsflow.errors import DataError, SourceError, SourceUnavailable
from tsflow.sources import read


@pytest.fixture
def url(tmp_path: Path) -> str:
    file = tmp_path / "shop.db"
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE sales (shop TEXT, ds TEXT, y, comment TEXT)")
    rows = [("a", "2024-01-01", 1, ""), ("a", "2024-01-02", "x", ""), ("b", "2024-01-01", None, "")]
    connection.executemany("INSERT INTO sales VALUES (?, ?, ?, ?)", rows)
    connection.execute("CREATE TABLE unsold (ds TEXT, y REAL)")
    connection.commit()
    connection.close()
    return f"sqlite:///{file}"


def sql(url: str, **settings: object) -> SqlSource:
    return SqlSource.model_validate({"kind": "sql", "url": url, **settings})


def rows_of(source: SqlSource) -> pd.DataFrame:
    return pd.concat(list(read(source, "alone")), ignore_index=True)


def test_a_table_is_read_by_its_mapped_columns(url: str) -> None:
    frame = rows_of(sql(url, table="sales", columns=Columns(unique_id="shop")))
    assert frame["unique_id"].tolist() == ["a", "a", "b"]
    assert frame["ds"].tolist() == ["2024-01-01", "2024-01-02", "2024-01-01"]
    assert frame["y"].tolist()[:2] == ["1", "x"]
    assert pd.isna(frame["y"][2])
    assert frame["origin"].unique().tolist() == ["sales"]
    assert frame["row"].tolist() == [1, 2, 3]


def test_a_query_may_hold_colons_and_percents(url: str) -> None:
    query = "SELECT ds || ' 10:30' AS ds, 1.5 AS y FROM sales WHERE comment NOT LIKE '%:x%' AND shop = 'b'"
    frame = rows_of(sql(url, query=query))
    assert frame[["unique_id", "ds", "y"]].values.tolist() == [["alone", "2024-01-01 10:30", 1.5]]


def test_chunks_are_bounded(url: str) -> None:
    numbers = "WITH RECURSIVE n(y) AS (SELECT 1 UNION ALL SELECT y + 1 FROM n WHERE y < 2500)"
    query = f"{numbers} SELECT y, '2024' AS ds FROM n"
    chunks = list(read(sql(url, query=query, chunk_rows=1_000), "alone"))
    assert [len(chunk) for chunk in chunks] == [1_000, 1_000, 500]
    assert pd.concat(chunks)["y"].tolist() == list(range(1, 2_501))


def test_postgresql_is_streamed_with_its_types(postgresql_url: object) -> None:
    query = "SELECT now()::date AS ds, n::numeric / 2 AS y, n AS unique_id FROM generate_series(1, 2500) AS n"
    rendered = postgresql_url.render_as_string(hide_password=False)  # type: ignore[attr-defined]
    chunks = list(read(sql(rendered, query=query, chunk_rows=1_000), "alone"))
    frame = pd.concat(chunks)
    assert max(map(len, chunks)) <= 1_000
    assert frame["y"].sum() == 2_500 * 2_501 / 4
    assert frame["ds"].dtype.kind == "M"
    assert frame["unique_id"].tolist()[-1] == "2500"


def test_no_rows_is_said(url: str) -> None:
    with pytest.raises(DataError, match="unsold: no rows"):
        rows_of(sql(url, table="unsold"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"table": "absent"}, "absent"),
        ({"query": "SELECT y FROM absent"}, "no such table: absent"),
        ({"query": "SELEC y"}, "syntax error"),
        (
            {"table": "sales", "columns": {"y": "amount"}},
            r"no column 'amount' .*'shop', 'ds', 'y', 'comment'",
        ),
        ({"query": "SELECT ds FROM sales"}, r"no column 'y'"),
        ({"query": "DELETE FROM unsold"}, "returns no rows"),
    ],
)
def test_what_cannot_be_read_is_said(url: str, settings: dict[str, object], message: str) -> None:
    with pytest.raises(SourceError, match=message):
        rows_of(sql(url, **settings))


def test_a_read_changes_nothing(url: str) -> None:
    with pytest.raises(SourceError):
        rows_of(sql(url, query="DELETE FROM sales"))
    assert len(rows_of(sql(url, table="sales"))) == 3


@pytest.mark.parametrize(
    ("address", "error"),
    [
        ("postgresql+psycopg://me:s3cret@127.0.0.1:1/db?connect_timeout=2", SourceUnavailable),
        ("nonsense+what://me:s3cret@host/db", SourceError),
        ("s3cret", SourceError),
        ("sqlite:////no/such/folder/s3cret.db", SourceUnavailable),
    ],
)
def test_no_error_shows_the_password(address: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        rows_of(sql(address, table="sales"))
    assert "me:s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None
