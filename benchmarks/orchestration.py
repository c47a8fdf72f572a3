"""What Prefect costs a slot, and whether the memory of a process that runs many stays flat.

    python benchmarks/orchestration.py --slots 50

Fifty months of AirPassengers are added one by one; each is a slot that ingests and forecasts with the champion of the
first. All slots run in this process, once by the plain steps and once by the flow, with a Prefect server beside it.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil
import yaml

SOURCE = Path(__file__).parents[1] / "data" / "air_passengers.csv"
WALL = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Cost:
    """Of one slot."""

    wall: float
    cpu: float
    megabytes: float
    """Resident memory of this process after it."""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slots", type=int, default=50)
    slots = parser.parse_args().slots
    os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"
    with tempfile.TemporaryDirectory() as folder:
        os.environ["PREFECT_HOME"] = str(Path(folder) / "prefect")
        from prefect.testing.utilities import prefect_test_harness

        import flows  # noqa: F401 - sets Prefect's defaults

        with prefect_test_harness(server_startup_timeout=300):
            for name, run in (("plain steps", _plain), ("Prefect", _prefect)):
                _report(name, *_measured(Path(folder) / name.replace(" ", "-"), run, slots))


def _measured(folder: Path, run: Callable[[str], None], slots: int) -> tuple[list[Cost], list[Cost]]:
    """The costs of the slots, and of the last one again, now that it is done."""
    folder.mkdir()
    config = folder / "tsflow.yaml"
    source = {"kind": "csv", "path": "data.csv", "columns": {"ds": "Month", "y": "Passengers"}, "name": "AirPassengers"}
    pipeline = {
        "source": source,
        "frequency": "MS",
        "horizon": 12,
        "clock": "data",
        "architectures": ["stage"],
        "training": {"min_steps": 50, "max_steps": 50, "search": False},
        "retrain": {"every_steps": 1000},
    }
    config.write_text(yaml.safe_dump({"device": "cpu", "pipelines": {"air": pipeline}}))
    lines = SOURCE.read_text().splitlines()
    costs = []
    for last in range(len(lines) - slots, len(lines) + 1):
        (folder / "data.csv").write_text("\n".join(lines[:last]))
        costs.append(_cost(lambda: run(str(config))))
    return costs[1:], [_cost(lambda: run(str(config))) for _ in range(10)]  # the first one trained


def _cost(work: Callable[[], None]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    megabytes = psutil.Process().memory_info().rss / 1e6
    return Cost(time.perf_counter() - wall, time.process_time() - cpu, megabytes)


def _plain(config: str) -> None:
    from tsflow import steps

    if isinstance(steps.look_up(config, "air", wall=WALL), steps.Done):
        return
    with (
        steps.hold_slot(config, "air", wall=WALL, holder="benchmark") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.run_slot(job)


def _prefect(config: str) -> None:
    from flows.pipeline import pipeline

    pipeline("air", config=config)


def _report(name: str, costs: list[Cost], idle: list[Cost]) -> None:
    for what, measured in (("slot", costs), ("done slot", idle)):
        wall = statistics.median(cost.wall for cost in measured)
        cpu = statistics.median(cost.cpu for cost in measured)
        print(f"{name}: {what}: {wall:.2f} s, {cpu:.2f} s of CPU", flush=True)
    memory = [cost.megabytes for cost in costs]
    marks = ", ".join(f"{memory[number - 1]:.0f} MB after {number}" for number in range(10, len(memory) + 1, 10))
    print(f"{name}: memory: {marks}", flush=True)


if __name__ == "__main__":
    main()
