import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

Tsflow = Callable[..., Any]
READING = ("status", "series", "quarantine", "leaderboard", "decisions", "forecasts")


def records(result: Any) -> list[dict[str, object]]:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_status_shows_pipelines_that_ran_and_those_that_never_did(tsflow: Tsflow) -> None:
    states = {row["pipeline"]: row for row in records(tsflow("status", "--format", "json"))}
    assert states["demo"]["state"] == "ok"
    assert states["demo"]["open_quarantine"] == 1
    assert states["idle"]["state"] == "never run"


def test_series_shows_what_has_been_observed(tsflow: Tsflow) -> None:
    rows = records(tsflow("series", "demo", "--format", "json"))
    assert [(row["unique_id"], row["observations"]) for row in rows] == [("north", 20), ("south", 20)]


def test_quarantine_shows_the_raw_row_and_the_reason(tsflow: Tsflow) -> None:
    result = tsflow("quarantine")
    assert '{"ds": "yesterday", "y": "5"}' in result.stdout
    assert "the timestamp is no ISO 8601" in result.stdout


def test_leaderboard_explains_beside_what_the_textbook_claims(tsflow: Tsflow) -> None:
    (row,) = records(tsflow("leaderboard", "--explain", "--format", "json"))
    claims = row["textbook_long_term_dependence"], row["textbook_lightweight"]
    assert (row["architecture"], *claims) == ("lstm", "yes", "no")
    measured = row["network_looks_back_steps"], row["forecast_looks_back_steps"], row["milliseconds_per_1000_series"]
    assert measured == (12, 36, 20.0)
    assert (row["main_lags"], row["share_of_main_lags"]) == ("12, 1", pytest.approx(0.7))
    assert (row["mase_first_step"], row["mase_last_step"]) == (0.5, 0.75)
    lines = tsflow("leaderboard", "--explain").stdout.splitlines()
    assert lines[0].split() == ["demo", "lstm"]
    assert ["share", "of", "main", "lags", "70%"] in [line.split() for line in lines]


def test_leaderboard_marks_the_champion(tsflow: Tsflow) -> None:
    rows = records(tsflow("leaderboard", "--format", "json"))
    assert {row["architecture"]: row["champion"] for row in rows} == {"lstm": "yes", "seasonal_naive": ""}


def test_decisions_come_newest_first_with_their_documents(tsflow: Tsflow) -> None:
    rows = records(tsflow("decisions", "--format", "json"))
    assert [row["reason"] for row in rows] == ["lstm had the lowest loss", "gru had the lowest loss"]
    assert rows[0]["candidates"] == [{"architecture": "lstm", "loss": 0.5}]


def test_forecasts_shows_those_that_are_current(tsflow: Tsflow) -> None:
    rows = records(tsflow("forecasts", "--format", "json"))
    assert len(rows) == 6
    assert {row["y_hat"] for row in rows} == {20.0}
    assert rows[0]["ds"].startswith("2024-03-02T00:00:00")


def test_forecasts_of_some_series_only(tsflow: Tsflow) -> None:
    rows = records(tsflow("forecasts", "--series", "north", "--format", "json"))
    assert {row["unique_id"] for row in rows} == {"north"}


@pytest.mark.parametrize("command", ["forecasts", "plot"])
def test_a_series_that_is_not_there_is_an_error_that_names_those_that_are(tsflow: Tsflow, command: str) -> None:
    result = tsflow(command, "demo", "--series", "north", "--series", "nort")
    assert result.exit_code == 2
    assert result.stderr == (
        "no series 'nort'; did you mean 'north'? pipeline 'demo' has: north, south; `tsflow series` lists them\n"
    )
    assert "pipeline 'idle' has: none yet;" in tsflow(command, "idle", "--series", "north").stderr


@pytest.mark.parametrize("moment", ["2024-03-01T12:00", "2024-03-01T22:00+10:00"])
def test_forecasts_as_they_were_seen_at_a_moment(tsflow: Tsflow, moment: str) -> None:
    rows = records(tsflow("forecasts", "--as-of", moment, "--format", "json"))
    assert {row["y_hat"] for row in rows} == {10.0}


def test_a_moment_that_is_none_is_an_error(tsflow: Tsflow) -> None:
    result = tsflow("forecasts", "--as-of", "last week")
    assert result.exit_code == 2
    assert "--as-of: 'last week' is no ISO 8601 time" in result.stderr


def test_a_piped_table_is_plain_and_not_cut(tsflow: Tsflow) -> None:
    lines = tsflow("forecasts").stdout.splitlines()
    assert lines[0].split() == ["pipeline", "unique_id", "ds", "y_hat", "lo_80", "hi_80", "lo_95", "hi_95",
                                "model", "issued_at"]  # fmt: skip
    assert lines[2].split() == [
        "demo",
        "north",
        "2024-03-02",
        "20",
        "19",
        "21",
        "18",
        "22",
        "lstm",
        "2024-03-02",
    ]
    assert "\x1b" not in "".join(lines)


def test_csv_and_json_and_parquet_hold_the_same_rows(tsflow: Tsflow) -> None:
    csv = pd.read_csv(io.StringIO(tsflow("forecasts", "--format", "csv").stdout), parse_dates=["ds"])
    from_json = pd.DataFrame(records(tsflow("forecasts", "--format", "json")))
    parquet = pd.read_parquet(io.BytesIO(tsflow("forecasts", "--format", "parquet").stdout_bytes))
    assert list(csv.columns) == list(from_json.columns) == list(parquet.columns)
    assert csv["y_hat"].tolist() == from_json["y_hat"].tolist() == parquet["y_hat"].tolist()
    assert csv["ds"].tolist() == parquet["ds"].tolist()
    assert pd.to_datetime(from_json["ds"]).dt.tz_localize(None).tolist() == parquet["ds"].tolist()


@pytest.mark.parametrize("command", READING)
@pytest.mark.parametrize("form", ["table", "csv", "json", "parquet"])
def test_every_reading_command_has_every_form(tsflow: Tsflow, command: str, form: str) -> None:
    result = tsflow(command, "--format", form)
    assert result.exit_code == 0, result.stderr
    assert result.stdout_bytes
    assert result.stderr == ""


@pytest.mark.parametrize("name", ["out.csv", "out.json", "out.parquet", "out.txt"])
def test_a_file_is_written_in_the_form_of_its_name(tsflow: Tsflow, tmp_path: Path, name: str) -> None:
    result = tsflow("forecasts", "-o", str(tmp_path / name))
    assert result.stdout == ""
    assert f"6 rows written to {tmp_path / name}" in result.stderr
    read = {".json": pd.read_json, ".parquet": pd.read_parquet}.get(Path(name).suffix, pd.read_csv)
    assert len(read(tmp_path / name)) == 6


def test_a_file_that_cannot_be_written_is_an_error(tsflow: Tsflow, tmp_path: Path) -> None:
    result = tsflow("forecasts", "-o", str(tmp_path / "nowhere" / "out.csv"))
    assert result.exit_code == 2
    assert "out.csv: cannot be written: No such file or directory" in result.stderr


@pytest.mark.parametrize("command", ["series", "quarantine", "leaderboard", "decisions", "forecasts"])
def test_nothing_found_is_said_to_the_person_and_not_to_the_pipe(tsflow: Tsflow, command: str) -> None:
    table = tsflow(command, "idle")
    assert (table.exit_code, table.stdout) == (0, "")
    assert table.stderr != ""
    assert records(tsflow(command, "idle", "--format", "json")) == []


def test_rollback_gives_the_alias_back(tsflow: Tsflow) -> None:
    result = tsflow("rollback", "demo")
    assert result.exit_code == 0, result.stderr
    assert "(gru) again" in result.stderr
    newest = records(tsflow("decisions", "demo", "--format", "json"))[0]
    assert newest["outcome"] == "rolled back"
    assert newest["slot"].startswith("2024-03-02")
    again = tsflow("rollback", "demo")
    assert again.exit_code == 3
    assert "no earlier champion" in again.stderr


def test_plot_draws_beside_the_project_unless_told_otherwise(tsflow: Tsflow, project: Path) -> None:
    result = tsflow("plot", "demo")
    assert result.stdout.strip() == str(project.parent / "plots" / "demo.png")
    assert Path(result.stdout.strip()).read_bytes().startswith(b"\x89PNG")


def test_plot_of_some_series_into_a_file(tsflow: Tsflow, tmp_path: Path) -> None:
    result = tsflow("plot", "demo", "--series", "south", "-o", str(tmp_path / "south.svg"))
    assert result.exit_code == 0, result.stderr
    assert "<svg" in (tmp_path / "south.svg").read_text("utf-8")


def test_plot_of_all_pipelines_into_a_file_makes_one_each(tsflow: Tsflow, tmp_path: Path) -> None:
    result = tsflow("plot", "-o", str(tmp_path / "all.png"))
    assert result.stdout.strip() == str(tmp_path / "all-demo.png")
    assert "idle: nothing is published to draw" in result.stderr
