"""What growth costs: `python benchmarks/scale.py [--series 100 1000 10000] [--length 200] [--database URL]`.

Daily series of ``--length`` points, horizon 12, one architecture, a fixed number of optimiser steps. Each step of the
slot runs in a process of its own, whose CPU seconds (user and system) and peak memory are printed, with the memory of a
process that has only imported the steps taken off: what is left is the data's.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

_STEPS = ("nothing", "ingest", "retrain", "forecast", "verify")
_TRAINING = {"min_steps": 50, "max_steps": 50, "search": False}


def main() -> None:
    """Print a table, a line for each number of series."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, nargs="+", default=[100, 1_000, 10_000])
    parser.add_argument("--length", type=int, default=200)
    parser.add_argument(
        "--database", metavar="URL", help="an empty database; SQLite in a temporary folder if not given"
    )
    parser.add_argument("--child", nargs=2, metavar=("STEP", "CONFIG"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.child:
        _child(*options.child)
        return
    print("| series | points | data MB (float32) | " + " | ".join(f"{step} CPU s / MB" for step in _STEPS[1:]) + " |")
    print("|" + "---|" * (2 + len(_STEPS)))
    for count in options.series:
        with tempfile.TemporaryDirectory() as folder:
            _write(Path(folder), count, options.length, options.database)
            found = {step: _measured(step, Path(folder)) for step in _STEPS}
        base = found["nothing"]
        cells = [
            f"{one['seconds'] - base['seconds']:.1f} / {one['megabytes'] - base['megabytes']:.0f}"
            for step, one in found.items()
            if step != "nothing"
        ]
        points = count * options.length
        print(f"| {count:,} | {points:,} | {points * 4 / 1e6:.1f} | " + " | ".join(cells) + " |", flush=True)


def _write(folder: Path, count: int, length: int, database: str | None) -> None:
    """A CSV and the project's file."""
    random = np.random.default_rng(0)
    ds = pd.date_range("2023-01-01", periods=length, freq="D").strftime("%Y-%m-%d").to_numpy()
    t = np.arange(length)
    with (folder / "data.csv").open("w") as file:
        file.write("unique_id,ds,y\n")
        for number in range(count):
            y = 100 + 20 * np.sin(2 * np.pi * t / 7 + number) + random.normal(0, 5, length)
            file.writelines(f"s{number:06},{day},{value:.2f}\n" for day, value in zip(ds, y, strict=True))
    pipeline = {
        "source": {"kind": "csv", "path": "data.csv", "columns": {"unique_id": "unique_id"}},
        "frequency": "D",
        "horizon": 12,
        "clock": "data",
        "architectures": ["gru"],
        "training": _TRAINING,
    }
    project = {"artifacts": "artifacts", "device": "cpu", "pipelines": {"scale": pipeline}}
    project |= {"database": database or "sqlite:///scale.db"}
    (folder / "tsflow.yaml").write_text(yaml.safe_dump(project))


def _measured(step: str, folder: Path) -> dict[str, float]:
    command = [sys.executable, __file__, "--child", step, str(folder / "tsflow.yaml")]
    answer = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    found: dict[str, float] = json.loads(answer.splitlines()[-1])
    return found


def _child(step: str, config: str) -> None:
    """Do one step and say what this process used."""
    from tsflow import steps
    from tsflow.process import wall_clock
    from tsflow.store import runs

    def verify(job: steps.Job) -> object:
        made = runs.latest(job.engine, job.name, "forecast", job.fence.space)
        return steps.verify(job, made.id) if made else None

    work: dict[str, Callable[[steps.Job], object]] = {
        "ingest": steps.ingest,
        "retrain": steps.retrain,
        "forecast": steps.forecast,
        "verify": verify,
    }
    if step in work:
        with (
            steps.hold_slot(config, "scale", wall=wall_clock(), holder="scale") as ticket,
            steps.open_job(ticket) as job,
        ):
            work[step](job)
    used = resource.getrusage(resource.RUSAGE_SELF)
    print(json.dumps({"seconds": used.ru_utime + used.ru_stime, "megabytes": used.ru_maxrss / 1e3}))


if __name__ == "__main__":
    main()
