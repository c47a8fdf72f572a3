from pathlib import Path

import pytest
from typer.testing import CliRunner

from tsflow.cli import app
from tsflow.config import load_project


def test_init_writes_a_project_that_loads(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["init"])
    assert result.exit_code == 0
    assert "tsflow.yaml written" in result.stderr
    assert load_project(tmp_path / "tsflow.yaml").pipelines


def test_init_does_not_overwrite(tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text("mine", "utf-8")
    result = CliRunner().invoke(app, ["init", "--config", str(file)])
    assert result.exit_code == 2
    assert "is there already" in result.stderr
    assert file.read_text("utf-8") == "mine"


def test_init_into_a_folder_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    result = CliRunner().invoke(app, ["init", "--config", str(tmp_path / "nowhere" / "tsflow.yaml")])
    assert result.exit_code == 2
    assert "cannot be written: No such file or directory" in result.stderr
