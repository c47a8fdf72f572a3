"""SIGKILL a pipeline's runs at random moments of its life, and compare what is left with an undisturbed life.

    python -m tests.faults.kills --kills 100 --seed 1
    python -m tests.faults.kills --kills 100 --seed 1 --database postgresql://user@host/empty_database

A life is one monthly slot after another, each with a month more in the source, a corrected value and a bad row. Each
run of a slot is a process of its own, which is killed at a random moment and started again until the slot comes to its
end. Then every table is compared, ids, wall times and seconds aside.
"""

import argparse
import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch._dynamo  # noqa: F401 - the first optimiser imports it: 2 s that no kill should strike in
import yaml
from sqlalchemy import Engine, text

from tests.outcome import outcome
from tests.projects import seasonal
from tsflow import steps
from tsflow.store import migrate
from tsflow.store.engine import connect

WALL = datetime(2026, 11, 23, 12, 30, tzinfo=UTC)
SETTINGS: dict[str, Any] = {
    "frequency": "MS",
    "horizon": 6,
    "clock": "data",
    "architectures": ["gru", "stage"],
    "training": {"min_steps": 30, "max_steps": 30, "search": False, "members": 1},
    "retrain": {"every_steps": 2},
}
# Forked from a process that has imported torch and done nothing else: a run costs a second, not ten.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload([__name__])


@dataclass
class Life:
    """A pipeline, slot after slot."""

    name: str
    folder: Path
    engine: Engine
    struck: Counter[str] = field(default_factory=Counter)
    """The kills, by what the slot had come to."""
    slots: int = 0

    @property
    def config(self) -> str:
        return str(self.folder / "tsflow.yaml")

    def live(self, *, kills: int, slots: int, dice: random.Random) -> None:
        """Go on until there were so many kills and so many slots; the first, unharmed, says how long one takes."""
        longest = 0.0
        while self.slots < slots or self.struck.total() < kills:
            self._write_source()
            ended = False
            while not ended:
                started = time.monotonic()
                process = _FORKS.Process(target=run_slot, args=(self.config, self.name))
                process.start()
                process.join(dice.uniform(0, 1.3 * longest) if self.slots and self.struck.total() < kills else None)
                ended = process.exitcode is not None
                if ended:
                    assert process.exitcode == 0, f"slot {self.slots} of {self.name} ended with {process.exitcode}"
                    longest = max(longest, time.monotonic() - started)
                else:
                    self._kill(process)
            self.slots += 1

    def _kill(self, process: Any) -> None:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
        query = "SELECT kind, status FROM runs WHERE pipeline = :name ORDER BY slot DESC, id DESC LIMIT 1"
        with self.engine.connect() as connection:
            row = connection.execute(text(query), {"name": self.name}).one_or_none()
        self.struck[" ".join(row) if row else "nothing yet"] += 1

    def _write_source(self) -> None:
        """A month more than at the slot before, one value corrected, one row that is bad."""
        frame = seasonal(months=60 + self.slots).astype({"y": object})
        frame.loc[5, "y"] = 100 + self.slots
        frame.loc[7, "y"] = "bad"
        file = self.folder / self.name / "data.csv"
        file.parent.mkdir(exist_ok=True)
        file.write_text(frame.to_csv(index=False))


def run_slot(config: str, name: str) -> None:
    """One run of the present slot, as a worker's process does it; started again, it is the same holder."""
    with (
        steps.hold_slot(config, name, wall=WALL, holder=f"the run of {name}") as ticket,
        steps.open_job(ticket) as job,
    ):
        if not isinstance(steps.slot_state(job), steps.Done):
            steps.run_slot(job)


def compare(folder: Path, database: str, *, kills: int, seed: int) -> Counter[str]:
    """Live a killed and an undisturbed life, and compare; returns where the kills struck.

    Raises:
        AssertionError: If any table differs, with its rows.
    """
    source = {"kind": "csv", "columns": {"unique_id": "unique_id"}}
    names = ("killed", "undisturbed")
    pipelines = {name: {**SETTINGS, "source": {**source, "path": f"{name}/data.csv"}} for name in names}
    document = {"database": database, "artifacts": "artifacts", "device": "cpu", "pipelines": pipelines}
    (folder / "tsflow.yaml").write_text(yaml.safe_dump(document))
    engine = connect(database)
    migrate.prepare(engine)
    killed, undisturbed = (Life(name, folder, engine) for name in names)
    killed.live(kills=kills, slots=3, dice=random.Random(seed))
    undisturbed.live(kills=0, slots=killed.slots, dice=random.Random(seed))
    left, expected = outcome(engine, "killed"), outcome(engine, "undisturbed")
    engine.dispose()
    for table, rows in expected.items():
        lost, more = set(rows) - set(left[table]), set(left[table]) - set(rows)
        assert left[table] == rows, (
            f"{table}: {len(lost)} rows lost {list(lost)[:3]}, {len(more)} more {list(more)[:3]}"
        )
        print(f"{table}: {len(rows):,} rows, all the same", flush=True)
    return killed.struck


def main() -> None:
    """Run it, say the seed and the kills."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", help="an empty one; a new SQLite file if not given")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        database = given.database or f"sqlite:///{folder}/tsflow.db"
        print(f"{given.kills} kills, seed {given.seed}, {database.split(':')[0]}", flush=True)
        struck = compare(Path(folder), database, kills=given.kills, seed=given.seed)
    for progress, count in struck.most_common():
        print(f"killed at {progress}: {count}")


if __name__ == "__main__":
    main()
