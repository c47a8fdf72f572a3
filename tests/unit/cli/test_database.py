import sqlite3
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tsflow.cli import app

PROJECT = "pipelines: {demo: {source: {kind: csv, path: a.csv}, frequency: D, horizon: 3}}"


@pytest.fixture
def empty(tmp_path: Path) -> Path:
    """A project whose database is not there yet."""
    file = tmp_path / "tsflow.yaml"
    file.write_text(PROJECT, "utf-8")
    return file


def test_upgrade_makes_the_tables_and_again_changes_nothing(empty: Path) -> None:
    first = CliRunner().invoke(app, ["db", "upgrade", "--config", str(empty)])
    assert first.exit_code == 0, first.stderr
    assert "from nothing to revision" in first.stderr
    with sqlite3.connect(empty.with_name("tsflow.db")) as connection:
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master")}
    connection.close()
    assert {"observations", "forecasts", "latest_forecasts"} <= names
    second = CliRunner().invoke(app, ["db", "upgrade", "--config", str(empty)])
    assert "already at revision" in second.stderr


def test_a_database_without_tables_is_an_error_with_the_remedy(empty: Path) -> None:
    result = CliRunner().invoke(app, ["status", "--config", str(empty)])
    assert result.exit_code == 4
    assert "has no tsflow tables; run `tsflow db upgrade`" in result.stderr


@pytest.mark.parametrize("url", ["mysql://x/y", "tsflow.db", "sqlite://"])
def test_a_database_of_another_kind_is_a_wrong_setting(empty: Path, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    monkeypatch.setenv("TSFLOW_DATABASE", url)
    result = CliRunner().invoke(app, ["status", "--config", str(empty)])
    assert result.exit_code == 2
    assert "sqlite:///" in result.stderr


def test_an_unreachable_database_is_an_error_without_the_password(empty: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_DATABASE", "postgresql://me:hunter2@127.0.0.1:1/tsflow")
    result = CliRunner().invoke(app, ["status", "--config", str(empty)])
    assert result.exit_code == 4
    assert result.stderr == (
        "PostgreSQL tsflow at 127.0.0.1:1: Connection refused; see that it runs, is reachable and not locked; "
        "the same command may succeed a little later\n"
    )


def test_upgrade_needs_no_configuration_where_the_database_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    first = CliRunner().invoke(app, ["db", "upgrade", "--database", "sqlite:///a.db"])
    assert f"SQLite {tmp_path / 'a.db'}: from nothing to revision" in first.stderr
    monkeypatch.setenv("TSFLOW_DATABASE", "sqlite:///a.db")
    second = CliRunner().invoke(app, ["db", "upgrade"])
    assert f"SQLite {tmp_path / 'a.db'}: already at revision" in second.stderr
    monkeypatch.delenv("TSFLOW_DATABASE")
    third = CliRunner().invoke(app, ["db", "upgrade"])
    assert third.exit_code == 2
    assert "tsflow.yaml" in third.stderr
