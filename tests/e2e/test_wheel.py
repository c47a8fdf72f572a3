"""The wheel, installed away from the clone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with what the wheel holds, and nothing else."""
    dist, target = tmp_path_factory.mktemp("dist"), tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(dist), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True)
    wheel = next(dist.glob("*.whl"))
    subprocess.run(
        [
            sys.executable,
            "-m",
            "pip",
            "install",
            "--no-deps",
            "--no-index",
            "--target",
            str(target),
            str(wheel),
        ],
        check=True,
        capture_output=True,
    )
    return target


def tsflow(installed: Path, folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The installed command, run in a folder."""
    environment = {**os.environ, "PYTHONPATH": str(installed), "PREFECT_HOME": str(folder / "prefect")}
    program = "from tsflow.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", program, *arguments],
        check=False,
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def test_the_wheel_runs_from_an_empty_folder(installed: Path, tmp_path: Path) -> None:
    assert tsflow(installed, tmp_path, "init").returncode == 0
    (tmp_path / "data.csv").write_text("ds,y\n" + "".join(f"2024-01-{day:02d},{day}\n" for day in range(1, 31)))
    (tmp_path / "tsflow.yaml").write_text(
        "pipelines:\n  small:\n    source: {kind: csv, path: data.csv}\n    frequency: D\n    horizon: 3\n"
        "    clock: data\n    architectures: [stage]\n    training: {min_steps: 5, max_steps: 5}\n"
    )
    ingested = tsflow(installed, tmp_path, "ingest", "small")
    assert ingested.returncode == 0, ingested.stderr
    assert (tmp_path / "tsflow.db").exists()  # so the migrations are in the wheel
    assert str(installed) in _where(installed, tmp_path, "tsflow.store.migrate")


def test_a_foreign_flows_package_is_found_out(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "__init__.py").write_text("")
    (tmp_path / "tsflow.yaml").write_text(
        "pipelines:\n  small:\n    source: {kind: csv, path: data.csv}\n    frequency: D\n    horizon: 3\n"
    )
    found = tsflow(installed, tmp_path, "doctor")
    assert found.returncode == 1
    assert "flows" in found.stdout + found.stderr


def _where(installed: Path, folder: Path, module: str) -> str:
    environment = {**os.environ, "PYTHONPATH": str(installed)}
    program = f"import {module} as module; print(module.__file__)"
    return subprocess.run(
        [sys.executable, "-c", program],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
