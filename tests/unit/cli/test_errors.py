import re
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tsflow import errors
from tsflow.cli import app
from tsflow.cli.errors import EXIT_CODES, exit_code


def invoke(*arguments: str | Path) -> object:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


@pytest.fixture
def broken(tmp_path: Path) -> Path:
    """A project whose horizon is 0."""
    file = tmp_path / "tsflow.yaml"
    file.write_text("pipelines: {demo: {source: {kind: csv, path: a.csv}, frequency: D, horizon: 0}}", "utf-8")
    return file


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.ConfigError("x"), 2),
        (errors.FrequencyError("x"), 2),
        (errors.DeviceError("x"), 2),
        (errors.SourceError("x"), 3),
        (errors.QualityError("x"), 3),
        (errors.DataError("x"), 3),
        (errors.SourceUnavailable("x"), 4),
        (errors.DatabaseUnavailable("x"), 4),
        (errors.SchemaOutdated("x"), 4),
        (errors.LeaseHeld("x"), 4),
        (errors.ArtifactCorrupted("x"), 4),
        (errors.TrainingError("x"), 1),
        (ZeroDivisionError("x"), 1),
    ],
)
def test_each_error_has_its_exit_code(error: Exception, code: int) -> None:
    assert exit_code(error) == code


def test_help_documents_every_exit_code() -> None:
    text = " ".join(re.findall(r"\S+", invoke("--help").stdout))
    assert "Exit codes: 0 done; 1 something failed;" in text
    for code, meaning, _ in EXIT_CODES:
        assert f"{code} {meaning}" in text


def test_a_wrong_setting_is_shown_without_a_traceback(broken: Path) -> None:
    result = invoke("status", "--config", broken)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == (f"{broken}: pipelines.demo.horizon: should be greater than or equal to 1 (found 0)\n")


def test_a_traceback_is_shown_when_asked_for(broken: Path) -> None:
    result = invoke("status", "--config", broken, "--traceback")
    assert result.exit_code == 2
    assert "Traceback (most recent call last)" in result.stderr
    assert "load_project" in result.stderr


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["status", "--nonsense"], ["forecasts", "--format", "xml"], ["rollback"]]
)
def test_a_wrong_command_line_has_the_exit_code_of_usage(arguments: list[str]) -> None:
    assert invoke(*arguments).exit_code == 2


def test_the_configuration_may_be_named_by_the_environment(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_CONFIG", str(broken))
    assert str(broken) in invoke("status").stderr


@pytest.mark.parametrize(
    "command", ["run", "ingest", "retrain", "forecast", "status", "series", "quarantine", "leaderboard",
                "decisions", "forecasts", "plot"],
)  # fmt: skip
def test_a_missing_file_is_an_error_of_every_command(command: str, tmp_path: Path) -> None:
    result = invoke(command, "--config", tmp_path / "tsflow.yaml")
    assert result.exit_code == 2
    assert "no such file; `tsflow init` writes one" in result.stderr


@pytest.mark.parametrize("command", ["run", "ingest", "retrain", "forecast", "status", "forecasts", "plot", "rollback"])
def test_an_unknown_pipeline_is_an_error_with_those_there_are(command: str, broken: Path) -> None:
    broken.write_text(broken.read_text("utf-8").replace("horizon: 0", "horizon: 1"), "utf-8")
    result = invoke(command, "dmo", "--config", broken)
    assert result.exit_code == 2
    assert "no pipeline 'dmo'; did you mean 'demo'? the project has: demo" in result.stderr


def test_an_error_that_nobody_foresaw_is_one_line_and_a_hint(broken: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def explode(*_: object) -> None:
        raise ZeroDivisionError("at postgresql://me:hunter2@host/db")

    monkeypatch.setattr("tsflow.config.load_project", explode)
    result = invoke("status", "--config", broken)
    assert result.exit_code == 1
    assert "unforeseen ZeroDivisionError: at postgresql://me:***@host/db" in result.stderr
    assert "--traceback shows where" in result.stderr
    traced = invoke("status", "--config", broken, "--traceback")
    assert "in explode" in traced.stderr
    assert "hunter2" not in traced.stderr.replace(Path(__file__).read_text("utf-8"), "")
