"""What more workers bring: the same retrain by each task runner, by the clock.

    python benchmarks/runners.py [--steps 400]

The demo's walkers, all five architectures, a fixed number of optimiser steps, a Prefect server beside it; each runner
starts with an empty database and one thread a worker. Run it on a machine that does nothing else.
"""

import argparse
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import Any

import yaml

os.environ |= {"OMP_NUM_THREADS": "1", "PREFECT_LOGGING_LEVEL": "ERROR"}

DEMO = Path(__file__).parents[1]
RUNNERS: dict[str, dict[str, Any]] = {
    "one thread": {"kind": "threads", "workers": 1},
    "Dask, one worker": {"kind": "dask", "workers": 1},
    "Dask, two workers": {"kind": "dask", "workers": 2},
    "two processes": {"kind": "processes", "workers": 2},
}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=400)
    steps = parser.parse_args().steps
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PREFECT_HOME"] = str(Path(folder) / "prefect")
        from prefect.testing.utilities import prefect_test_harness

        import flows  # noqa: F401 - sets Prefect's defaults

        with prefect_test_harness(server_startup_timeout=300):
            print("| task runner | s of a retrain | times as fast | published |\n|---|---|---|---|", flush=True)
            first = 0.0
            for name, runner in RUNNERS.items():
                seconds, chosen = _measured(Path(folder) / name.replace(" ", "-"), runner, steps)
                first = first or seconds
                print(f"| {name} | {seconds:.1f} | {first / seconds:.2f} | {chosen} |", flush=True)


def _measured(folder: Path, runner: dict[str, Any], steps: int) -> tuple[float, str]:
    """Seconds of the retrain flow, start and end of its workers included, and what it chose."""
    from flows.ingest import ingest
    from flows.retrain import retrain
    from tsflow.api import Project

    folder.mkdir()
    shutil.copytree(DEMO / "data", folder / "data")
    demo = yaml.safe_load((DEMO / "tsflow.yaml").read_text())["pipelines"]["pedestrian"]
    training = {"min_steps": steps, "max_steps": steps, "search": False}
    file = folder / "tsflow.yaml"
    pipelines = {"pedestrian": {**demo, "training": training}}
    file.write_text(yaml.safe_dump({"device": "cpu", "task_runner": runner, "pipelines": pipelines}))
    ingest("pedestrian", config=str(file))
    start = time.perf_counter()
    retrain("pedestrian", config=str(file))
    spent = time.perf_counter() - start
    decisions = Project.load(file).pipeline("pedestrian").decisions()
    return spent, str(decisions["reason"].iloc[0]).split(",")[0]


if __name__ == "__main__":
    main()
