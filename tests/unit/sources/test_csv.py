"""CSV files as people send them, through ``read``."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tsflow.config import Columns, CsvSource, Melt
from tsflow.errors import DataError, SourceError
from tsflow.sources import read


def csv(path: Path, content: bytes | str, **settings: object) -> CsvSource:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return CsvSource.model_validate({"kind": "csv", "path": str(path), **settings})


def rows_of(source: CsvSource) -> pd.DataFrame:
    return pd.concat(list(read(source, "alone")), ignore_index=True)


def cells(frame: pd.DataFrame, *names: str) -> list[tuple[object, ...]]:
    return list(frame[list(names or ("unique_id", "ds", "y"))].itertuples(index=False, name=None))


def test_cells_stay_as_they_are_written(tmp_path: Path) -> None:
    source = csv(tmp_path / "a.csv", "unique_id,ds,y\nNA,2024-01-01, 1.50\n007,01/02/24,n/a\n")
    frame = rows_of(source)
    assert cells(frame) == [("NA", "2024-01-01", " 1.50"), ("007", "01/02/24", "n/a")]
    assert frame["row"].tolist() == [1, 2]
    assert frame["origin"].unique().tolist() == ["a.csv"]
    assert frame["broken"].isna().all()


def test_a_single_series_needs_no_name(tmp_path: Path) -> None:
    source = csv(tmp_path / "a.csv", "ds,y\n2024-01-01,1\n")
    assert cells(rows_of(source)) == [("alone", "2024-01-01", "1")]
    named = source.model_copy(update={"name": "sales"})
    assert cells(rows_of(named)) == [("sales", "2024-01-01", "1")]


def test_columns_are_mapped_by_their_names(tmp_path: Path) -> None:
    columns = Columns(unique_id="shop", ds="day", y="sold", available_at="known")
    text = "known,ignored,sold,day,shop\n2024-01-03,x,5,2024-01-01,north\n"
    frame = rows_of(csv(tmp_path / "a.csv", text, columns=columns))
    assert cells(frame, "unique_id", "ds", "y", "available_at") == [("north", "2024-01-01", "5", "2024-01-03")]


@pytest.mark.parametrize(
    "content",
    [
        b"\xef\xbb\xbfds,y\n2024-01-01,1\n2024-01-02,2\n",
        b"ds,y\r\n2024-01-01,1\r\n2024-01-02,2\r\n",
        b"ds,y\n2024-01-01,1\n2024-01-02,2",
        b"\n\nds,y\n2024-01-01,1\n2024-01-02,2\n,\n,\n",
        b' ds ,"y"\n"2024-01-01","1"\n2024-01-02,2\n',
    ],
    ids=["byte-order mark", "CRLF", "no last line end", "blank around", "quotes"],
)
def test_forms_of_the_same_file_read_the_same(tmp_path: Path, content: bytes) -> None:
    frame = rows_of(csv(tmp_path / "a.csv", content))
    assert cells(frame, "ds", "y", "row") == [("2024-01-01", "1", 1), ("2024-01-02", "2", 2)]


def test_semicolons_and_decimal_commas_are_settings(tmp_path: Path) -> None:
    source = csv(tmp_path / "a.csv", "ds;y\n2024-01-01;12,5\n", separator=";", decimal=",")
    assert cells(rows_of(source)) == [("alone", "2024-01-01", "12,5")]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "cp1252"])
def test_other_encodings_are_a_setting(tmp_path: Path, encoding: str) -> None:
    source = csv(tmp_path / "a.csv", "unique_id,ds,y\nKöln,2024-01-01,1\n".encode(encoding), encoding=encoding)
    assert rows_of(source)["unique_id"].tolist() == ["Köln"]


def test_bytes_of_another_encoding_spoil_their_cell_alone(tmp_path: Path) -> None:
    frame = rows_of(csv(tmp_path / "a.csv", b"ds,y\n2024-01-01,\xff\n2024-01-02,2\n\xff\n"))
    assert frame["y"].tolist()[:2] == ["�", "2"]
    assert frame["broken"].tolist()[2] == "�"


def test_lines_with_the_wrong_number_of_cells_are_broken_rows(tmp_path: Path) -> None:
    frame = rows_of(csv(tmp_path / "a.csv", "ds,y\n2024-01-01,1\n\n2024\n2024-01-02,2,3\n2024-01-03,3\n"))
    assert cells(frame[frame["broken"].isna()], "row", "ds") == [(1, "2024-01-01"), (5, "2024-01-03")]
    assert cells(frame[frame["broken"].notna()], "row", "broken") == [(3, "2024"), (4, "2024-01-02,2,3")]
    assert frame.loc[frame["broken"].notna(), ["unique_id", "ds", "y"]].isna().all(axis=None)


def test_a_stray_quote_costs_its_own_row_alone(tmp_path: Path) -> None:
    text = 'ds,y\n2024-01-01,"1\n2024-01-02,2\n2024-01-03,"3,0"\n2024-01-04,4"\n2024-01-05,"5""6"'
    frame = rows_of(csv(tmp_path / "a.csv", text))
    broken = frame[frame["broken"].notna()]
    assert cells(broken, "row", "broken") == [(1, '2024-01-01,"1'), (4, '2024-01-04,4"')]
    good = frame[frame["broken"].isna()]
    assert cells(good, "row", "y") == [(2, "2"), (3, "3,0"), (5, '5"6')]


@pytest.mark.parametrize("others", [200, 0])
def test_a_cell_with_a_line_break_is_no_series_of_half_its_name(tmp_path: Path, others: int) -> None:
    text = '"Main St\nShop 1",2024-01-01,1\n"Main St\nShop 1",2024-01-02,2\n' + "a,2024-01-01,1\n" * others
    frame = rows_of(csv(tmp_path / "a.csv", f"unique_id,ds,y\n{text}"))
    assert frame["broken"].notna().sum() == 4
    assert set(frame["unique_id"].dropna()) == ({"a"} if others else set())


def test_a_compressed_file_reads_as_it_is(tmp_path: Path) -> None:
    source = csv(tmp_path / "a.csv.gz", gzip.compress(b"ds,y\n2024-01-01,1\n"))
    assert cells(rows_of(source)) == [("alone", "2024-01-01", "1")]


def test_several_files_are_read_in_the_order_of_their_names(tmp_path: Path) -> None:
    csv(tmp_path / "2.csv", "y,ds\n2,2024-01-02\n")
    csv(tmp_path / "1.csv", "ds,y\n2024-01-01,1\n")
    csv(tmp_path / "3.csv", "")
    source = CsvSource(kind="csv", path=str(tmp_path / "*.csv"))
    expected = [("2024-01-01", "1", "1.csv", 1), ("2024-01-02", "2", "2.csv", 1)]
    assert cells(rows_of(source), "ds", "y", "origin", "row") == expected


def test_a_wide_file_is_melted_without_its_empty_cells(tmp_path: Path) -> None:
    text = "ds,north,south\n2024-01-01,1,\n2024-01-02,2,x\n"
    frame = rows_of(csv(tmp_path / "a.csv", text, melt=Melt()))
    found = cells(frame, "unique_id", "ds", "y", "row")
    assert found == [
        ("north", "2024-01-01", "1", 1),
        ("north", "2024-01-02", "2", 2),
        ("south", "2024-01-02", "x", 2),
    ]
    chosen = rows_of(csv(tmp_path / "a.csv", text, melt=Melt(columns=("south",))))
    assert cells(chosen) == [("south", "2024-01-02", "x")]


def test_chunks_are_bounded_and_complete(tmp_path: Path) -> None:
    text = "ds,y\n" + "".join(f"2024-01-01,{number}\n" for number in range(2_500))
    chunks = list(read(csv(tmp_path / "a.csv", text, chunk_rows=1_000), "alone"))
    assert [len(chunk) for chunk in chunks] == [1_000, 1_000, 500]
    assert pd.concat(chunks)["y"].astype(int).tolist() == list(range(2_500))
    assert pd.concat(chunks)["row"].tolist() == list(range(1, 2_501))


@pytest.mark.parametrize("content", ["", "\n\n", "ds,y", "ds,y\n", "ds,y\r\n\r\n"])
def test_a_file_without_rows_is_said_to_have_none(tmp_path: Path, content: str) -> None:
    with pytest.raises(DataError, match=r"a\.csv: no rows"):
        rows_of(csv(tmp_path / "a.csv", content))


def test_lines_that_end_with_a_return_alone_are_said_to(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv: the header .* not with \\r alone"):
        rows_of(csv(tmp_path / "a.csv", "ds,y\r2024-01-01,1\r"))


@pytest.mark.parametrize("melt", [Melt(), Melt(columns=())])
def test_a_wide_file_without_a_series_is_said_to_be_so(tmp_path: Path, melt: Melt) -> None:
    with pytest.raises(SourceError, match=r"a\.csv: no column is a series .*source\.melt.*; the columns found: 'ds'"):
        rows_of(csv(tmp_path / "a.csv", "ds\n2024-01-01\n", melt=melt))


def test_a_missing_column_is_named_with_its_setting_and_those_found(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"a\.csv: no column 'y' \(source\.columns\.y\).*'ds', 'value'"):
        rows_of(csv(tmp_path / "a.csv", "ds,value\n2024-01-01,1\n"))


def test_another_separator_is_suggested(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"is source\.separator ';'\?"):
        rows_of(csv(tmp_path / "a.csv", "ds;y\n2024-01-01;1\n"))


@pytest.mark.parametrize("name", ["none.csv", "none-*.csv"])
def test_a_missing_file_is_named(tmp_path: Path, name: str) -> None:
    with pytest.raises(SourceError, match=r"none.*source\.path"):
        rows_of(CsvSource(kind="csv", path=str(tmp_path / name)))


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="a folder"):
        rows_of(CsvSource(kind="csv", path=str(tmp_path)))


def test_a_truncated_archive_is_said_to_be_one(tmp_path: Path) -> None:
    source = csv(tmp_path / "a.csv.gz", gzip.compress(b"ds,y\n" + b"2024-01-01,1\n" * 9_999)[:-20])
    with pytest.raises(SourceError, match="cannot be decompressed"):
        rows_of(source)


def test_melting_and_naming_exclude_each_other(tmp_path: Path) -> None:
    source = csv(tmp_path / "a.csv", "ds,a\n1,2\n", melt=Melt(), columns=Columns(unique_id="id"))
    with pytest.raises(SourceError, match="leave out"):
        rows_of(source)


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(st.text(st.sampled_from('a1,"\r\x00é- '), max_size=12), max_size=30))
def test_every_line_is_read_broken_or_blank(tmp_path: Path, lines: list[str]) -> None:
    content = "ds,y\n2024-01-01,1\n" + "".join(f"{line}\n" for line in lines)
    frame = rows_of(csv(tmp_path / "a.csv", content))
    blank = [number for number, line in enumerate(lines, start=2) if set(line) <= set(', "\r')]
    seen = frame["row"].tolist()
    assert len(seen) == len(set(seen))
    assert set(range(1, len(lines) + 2)) - set(seen) <= set(blank)


def test_a_million_rows_take_a_bounded_number_of_bytes(tmp_path: Path) -> None:
    import pyarrow as pa

    source = csv(tmp_path / "a.csv", "ds,y\n" + "2024-01-01T00:00:00,12.345\n" * 1_000_000, chunk_rows=100_000)
    before = pa.total_allocated_bytes()
    most = 0
    for chunk in read(source, "alone"):
        assert len(chunk) <= 100_000
        most = max(most, pa.total_allocated_bytes() - before)
    assert most < 100e6  # the file has 26 MB, its rows as one table 65 MB; a block and a chunk are in hand
    assert np.isfinite(most)
