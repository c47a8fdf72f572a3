from datetime import date
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tsflow.config import Columns, Melt, ParquetSource
from tsflow.errors import DataError, SourceError
from tsflow.sources import read


def parquet(path: Path, table: dict[str, object], **settings: object) -> ParquetSource:
    pq.write_table(pa.table(table), path, row_group_size=700)
    return ParquetSource.model_validate({"kind": "parquet", "path": str(path), **settings})


def rows_of(source: ParquetSource) -> pd.DataFrame:
    return pd.concat(list(read(source, "alone")), ignore_index=True)


def test_types_are_kept(tmp_path: Path) -> None:
    stamps = np.array(["1677-01-01", "2262-12-31"], dtype="M8[us]")
    frame = rows_of(parquet(tmp_path / "a.parquet", {"unique_id": ["a", "b"], "ds": stamps, "y": [1.5, None]}))
    assert frame["ds"].to_numpy().astype("M8[us]").tolist() == stamps.tolist()
    assert frame["y"].isna().tolist() == [False, True]
    assert frame["unique_id"].tolist() == ["a", "b"]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (pa.array([1, 2], pa.int32()), [1.0, 2.0]),
        (pa.array([Decimal("1.5"), Decimal("2.5")]), [1.5, 2.5]),
        (pa.array([True, False]), [1.0, 0.0]),
        (pa.array(["1", "2"]).dictionary_encode(), ["1", "2"]),
    ],
    ids=["int", "decimal", "bool", "dictionary"],
)
def test_values_of_any_type_become_numbers_or_text(tmp_path: Path, values: pa.Array, expected: list[object]) -> None:
    frame = rows_of(parquet(tmp_path / "a.parquet", {"ds": ["2024", "2025"], "y": values}))
    assert frame["y"].tolist() == expected


def test_dates_are_moments_and_numbers_are_names(tmp_path: Path) -> None:
    columns = {"shop": [1, 2], "ds": [date(2024, 1, 31), date(1500, 1, 1)], "y": [1.0, 2.0]}
    frame = rows_of(parquet(tmp_path / "a.parquet", columns, columns=Columns(unique_id="shop")))
    assert frame["unique_id"].tolist() == ["1", "2"]
    assert frame["ds"].to_numpy().astype("M8[D]").astype(str).tolist() == ["2024-01-31", "1500-01-01"]


def test_chunks_are_bounded_over_row_groups(tmp_path: Path) -> None:
    source = parquet(tmp_path / "a.parquet", {"ds": ["2024"] * 2_500, "y": range(2_500)}, chunk_rows=1_000)
    chunks = list(read(source, "alone"))
    assert max(map(len, chunks)) <= 1_000
    assert pd.concat(chunks)["row"].tolist() == list(range(1, 2_501))


def test_files_of_different_types_are_read_one_after_another(tmp_path: Path) -> None:
    parquet(tmp_path / "1.parquet", {"ds": ["2024-01-01"], "y": ["x"]})
    parquet(tmp_path / "2.parquet", {"ds": np.array(["2024-01-02"], "M8[us]"), "y": [2.0]})
    source = ParquetSource(kind="parquet", path=str(tmp_path / "*.parquet"))
    assert [chunk["y"].tolist() for chunk in read(source, "alone")] == [["x"], [2.0]]


def test_a_wide_file_is_melted_without_its_empty_cells(tmp_path: Path) -> None:
    columns = {"ds": ["2024", "2025"], "a": [1.0, None], "b": [3, 4]}
    frame = rows_of(parquet(tmp_path / "a.parquet", columns, melt=Melt()))
    found = frame[["unique_id", "ds", "y"]].values.tolist()
    assert found == [["a", "2024", 1.0], ["b", "2024", 3.0], ["b", "2025", 4.0]]


def test_another_kind_of_file_is_no_parquet(tmp_path: Path) -> None:
    (tmp_path / "a.parquet").write_text("ds,y\n2024,1\n")
    with pytest.raises(SourceError, match=r"a\.parquet: not readable"):
        rows_of(ParquetSource(kind="parquet", path=str(tmp_path / "a.parquet")))


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"no column 'ds' \(source\.columns\.ds\).*'time', 'y'"):
        rows_of(parquet(tmp_path / "a.parquet", {"time": ["2024"], "y": [1.0]}))


def test_a_file_without_rows_is_said_to_have_none(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no rows"):
        rows_of(parquet(tmp_path / "a.parquet", {"ds": pa.array([], pa.string()), "y": pa.array([], pa.float64())}))
