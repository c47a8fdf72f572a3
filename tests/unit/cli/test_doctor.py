import os
import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tsflow.cli import checks

Tsflow = Callable[..., Any]


def levels(result: Any) -> dict[str, str]:
    """The level of each thing looked at."""
    return {what: level for level, what in re.findall(r"^(ok|warn|fail) +(\w+)", result.stdout, re.MULTILINE)}


def test_a_healthy_project_fails_nothing(tsflow: Tsflow) -> None:
    result = tsflow("doctor")
    assert result.exit_code == 0, result.output
    found = levels(result)
    assert {"python", "torch", "prefect", "fastapi", "sqlalchemy", "flows", "configuration"} <= set(found)
    assert {"device", "database", "artifacts"} <= set(found)
    assert found.pop("tsflow", "warn") == "warn"  # run from a folder that is not installed
    assert set(found.values()) == {"ok"}


def test_a_wrong_configuration_fails_and_the_rest_is_still_looked_at(tsflow: Tsflow, project: Path) -> None:
    project.write_text("pipelines: {}", "utf-8")
    result = tsflow("doctor")
    assert result.exit_code == 1
    assert levels(result)["configuration"] == "fail"
    assert levels(result)["prefect"] == "ok"


@pytest.mark.parametrize(
    ("check", "argument", "level", "words"),
    [
        (checks.device, "cuda:99", "fail", "this machine has: auto"),
        (checks.device, "cpu", "ok", "cpu"),
        (checks.database, "nonsense", "fail", "malformed"),
        (checks.database, "mysql://me:hunter2@host/db", "fail", "no support for 'mysql'"),
        (checks.database, "postgresql://me:hunter2@127.0.0.1:1/db", "fail", "PostgreSQL db at 127.0.0.1:1"),
        (checks.artifacts, "memory://models", "ok", "writable"),
        (checks.artifacts, "nonsense://me:hunter2@models", "fail", "Protocol not known: nonsense"),
        (checks.artifacts, "/proc/models", "fail", "/proc/models"),
    ],
)
def test_what_the_configuration_names_is_tried(
    check: Callable[[str], checks.Finding], argument: str, level: str, words: str
) -> None:
    finding = check(argument)
    assert finding.level == level
    assert words in finding.found
    assert finding.remedy or level == "ok"
    assert "hunter2" not in repr(finding)


def test_a_database_that_is_not_there_yet_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    file = tmp_path / "new" / "tsflow.db"
    assert checks.database(f"sqlite:///{file}").level == "ok"
    assert not file.parent.exists()


def test_a_database_without_tables_is_a_warning_with_the_remedy(tmp_path: Path) -> None:
    file = tmp_path / "tsflow.db"
    sqlite3.connect(file).close()
    finding = checks.database(f"sqlite:///{file}")
    assert (finding.level, "db upgrade" in finding.remedy) == ("warn", True)


def test_the_probe_of_the_artifact_store_leaves_nothing(tmp_path: Path) -> None:
    assert checks.artifacts(str(tmp_path / "models")).level == "ok"
    assert list((tmp_path / "models").iterdir()) == []


def test_a_bucket_is_probed_and_one_that_is_not_there_is_not_made(s3_bucket: str) -> None:
    import s3fs

    mistyped = f"{s3_bucket}-mistyped"
    assert checks.artifacts(f"{s3_bucket}/models").level == "ok"
    finding = checks.artifacts(f"{mistyped}/models")
    assert (finding.level, "it is not there; check the URL" in finding.found) == ("fail", True)
    store = s3fs.S3FileSystem(skip_instance_cache=True)
    assert store.find(s3_bucket) == []
    assert not store.exists(mistyped)


def test_a_prefect_server_that_does_not_answer_fails(project: Path) -> None:
    environment = {**os.environ, "PREFECT_API_URL": "http://127.0.0.1:1/api"}
    code = "from tsflow.cli import checks; print(checks.prefect())"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert "level='fail'" in done.stdout
    assert "http://127.0.0.1:1/api does not answer" in done.stdout


def test_a_foreign_flows_package_fails_and_stops_a_run(project: Path, tmp_path: Path) -> None:
    foreign = tmp_path / "elsewhere" / "flows"
    foreign.mkdir(parents=True)
    (foreign / "__init__.py").write_text("", "utf-8")
    path = os.pathsep.join([str(foreign.parent), *filter(None, sys.path)])
    environment = {**os.environ, "PYTHONPATH": path}
    code = "from tsflow.cli import checks, app; print(checks.flows_package()); app()"
    done = subprocess.run(
        [sys.executable, "-c", code, "run", "--config", str(project)],
        env=environment, capture_output=True, text=True, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert "level='fail'" in done.stdout
    assert done.returncode == 2
    assert f"imported from {foreign / '__init__.py'}, which is not tsflow's" in done.stderr


def test_a_version_out_of_range_fails_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    metadata = tmp_path / "tsflow-0.0.dist-info"
    metadata.mkdir()
    wanted = 'Name: tsflow\nVersion: 0.0\nRequires-Dist: fastapi<0.1\nRequires-Dist: torch>=1; extra == "none"\n'
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\n{wanted}", "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    found = {finding.what: finding for finding in checks.versions()}
    assert "tsflow" not in found
    assert found["fastapi"].level == "fail"
    assert "does not work; wanted: <0.1" in found["fastapi"].found
    assert found["fastapi"].remedy == "pip install 'fastapi<0.1'"
    assert found["torch"].level == "ok"
