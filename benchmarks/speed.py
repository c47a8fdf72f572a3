"""Speed beside a bare PyTorch loop and beside neuralforecast and darts, in CPU seconds (user and system), in one run.

    python benchmarks/speed.py --data FOLDER [--out speed.json] [start steps peers accuracy forecast growth]

FOLDER has `m4_hourly.parquet`, `m4_weekly.parquet` and their `manifest.yaml`, as for `accuracy.py`. Peers are
installed once, in an environment of their own under `~/.cache/tsflow`. Each measurement has an interpreter and one
thread of its own.
Without names all parts are measured.
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
from accuracy import read
from scoring import COLUMNS, score

HERE = Path(__file__).parent
PEERS = Path.home() / ".cache" / "tsflow" / "peers"
PINS = ["neuralforecast==3.3.0", "darts==0.48.1", "torch==2.13.0"]
NETWORKS = ["rnn", "lstm", "gru", "cnn", "transformer"]
SETS = {"m4_hourly": 168, "m4_weekly": 52}
"""Data, and the steps that a network sees."""
SMALL = {
    "m4_hourly": ("gru", {"search": False, "min_steps": 450, "max_steps": 450, "batch_size": 128}),
    "m4_weekly": ("cnn", {"search": False, "transform": "power", "min_steps": 1000, "max_steps": 1000}),
}
"""An architecture and a budget that were as good as NHITS on the horizon before the test part."""
ONE_THREAD = {**os.environ, "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def peers_python() -> str:
    """The interpreter of the peers' environment, made if it is not there."""
    python = PEERS / "bin" / "python"
    if not (PEERS / "installed").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(PEERS)], check=True)
        index = (
            [] if os.environ.get("PIP_FIND_LINKS") else ["--extra-index-url", "https://download.pytorch.org/whl/cpu"]
        )
        subprocess.run([str(python), "-m", "pip", "install", "-q", *index, *PINS], check=True)
        (PEERS / "installed").write_text(" ".join(PINS))
    return str(python)


def own(part: str, **arguments: Any) -> dict[str, float]:
    return answer(sys.executable, "speed_own.py", part, arguments)


def peer(part: str, **arguments: Any) -> dict[str, float]:
    return answer(peers_python(), "speed_peers.py", part, arguments)


def answer(python: str, script: str, part: str, arguments: dict[str, Any]) -> dict[str, float]:
    """What a script prints last, run from a folder of its own: Lightning leaves files where it stands."""
    with tempfile.TemporaryDirectory() as folder:
        command = [python, str(HERE / script), part, json.dumps(arguments)]
        environment = {**ONE_THREAD, "PYTHONPATH": str(HERE.parent)} if script == "speed_own.py" else ONE_THREAD
        done = subprocess.run(command, capture_output=True, text=True, cwd=folder, env=environment, check=False)
    if done.returncode:
        raise SystemExit(f"{script} {part} failed:\n{done.stderr[-3000:]}")
    values: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return values


def start(_: Path) -> pd.DataFrame:
    """CPU seconds of imports, and whether torch came with them."""
    statements = {
        "import tsflow": (sys.executable, "import tsflow"),
        "import torch": (sys.executable, "import torch"),
        "import tsflow.training": (sys.executable, "import tsflow.training"),
        "import neuralforecast": (peers_python(), "import neuralforecast"),
        "import darts.models": (peers_python(), "import darts.models"),
    }
    return pd.DataFrame({what: imported(*one) for what, one in statements.items()}).T


def imported(python: str, statement: str) -> dict[str, Any]:
    code = f"{statement}\nimport sys; print('torch' in sys.modules)"
    spent, torch = [], ""
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        torch = subprocess.run([python, "-W", "ignore", "-c", code], capture_output=True, text=True, check=True).stdout
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        spent.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return {"CPU s": round(min(spent), 2), "with torch": torch.strip() == "True"}


def steps(data: Path) -> pd.DataFrame:
    """Milliseconds of a training step beside the bare loop, in turns; the least of both turns."""
    rows = {}
    for name in SETS:
        turns = {
            kind: least(
                [own("steps", file=str(data / f"{name}.parquet"), batch=256, repeats=3, kind=kind) for _ in "12"]
            )
            for kind in ("bare", "own")
        }
        for what, spent in turns["own"].items():
            bare = turns["bare"]
            network = bare.get(f"{what} network", bare[what])
            rows[f"{name} {what}"] = {
                "tsflow": spent,
                "bare": bare[what],
                "ratio": spent / bare[what],
                "network": network,
            }
    return pd.DataFrame(rows).T.round(2)


def least(turns: list[dict[str, float]]) -> dict[str, float]:
    return {name: min(turn[name] for turn in turns) for name in turns[0]}


def peers(data: Path) -> pd.DataFrame:
    """CPU seconds of 100 steps of 128 windows: textbook networks of the same size, data to weights, import left out."""
    rows: dict[str, dict[str, float]] = {}
    for name, context in SETS.items():
        file = str(data / f"{name}.parquet")
        same = {"file": file, "batch": 128, "steps": 100}
        ours = own("fits", **same)
        theirs = {library: peer(library, context=context, **same) for library in ("neuralforecast", "darts")}
        for network in NETWORKS:
            row = {"tsflow": ours[network]}
            for library, spent in theirs.items():
                row[library] = spent.get(network, float("nan"))
                row[f"{library} / tsflow"] = row[library] / ours[network]
            rows[f"{name} {network}"] = row
    return pd.DataFrame(rows).T.round(2)


def accuracy(data: Path) -> pd.DataFrame:
    """CPU seconds of a whole retrain on a small budget, validation and refit included, beside a scaled NHITS."""
    rows: dict[str, dict[str, float]] = {}
    for name, context in SETS.items():
        file = data / f"{name}.parquet"
        single, training = SMALL[name]
        for what, architectures in {single: [single], "all five": NETWORKS}.items():
            rows[f"{name} {what}"] = retrained(file, architectures, training)
        rows[f"{name} NHITS"] = nhits(file, context)
    return pd.DataFrame(rows).T.round(3)


def retrained(file: Path, architectures: list[str], training: dict[str, Any]) -> dict[str, float]:
    """What accuracy.py scores of the published forecast, and the CPU seconds of the retrain."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(HERE / "accuracy.py"), "--data", str(file), "--out", folder]
        command += ["--set", json.dumps(training), "--only", *architectures]
        environment = {**ONE_THREAD, "PYTHONPATH": str(HERE.parent)}
        subprocess.run(command, check=True, capture_output=True, env=environment)
        seconds = json.loads((Path(folder) / "timings.json").read_text())["seconds"]
        scores = json.loads((Path(folder) / "scores.json").read_text())["champion"]
    spent = sum(stage["cpu"] for what, stage in seconds.items() if what not in ("ingest", "forecast"))
    return {"CPU s": spent, "sMAPE": scores["sMAPE"], "MASE": scores["MASE"]}


def nhits(file: Path, context: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder:
        out = f"{folder}/nhits.parquet"
        spent = peer("nhits", file=str(file), context=context, out=out)
        made = pd.read_parquet(out).astype({"unique_id": str})
    bounds = dict.fromkeys(COLUMNS[3:], made["yhat"])  # it has no intervals, and none are scored
    data = read(file, None)
    scores = score(data.asked[["unique_id", "ds"]].merge(made.assign(**bounds), how="left"), data)
    return {"CPU s": spent["cpu"], "sMAPE": scores["sMAPE"], "MASE": scores["MASE"]}


def forecast(_: Path) -> pd.DataFrame:
    """CPU seconds to forecast 10,000 series of 200 steps, 12 ahead, from data in memory to arrays."""
    size = {"series": 10_000, "length": 200, "horizon": 12}
    found = {"tsflow": own("forecast", **size), "neuralforecast": peer("forecast", **size)}
    return pd.DataFrame(found).T.round(3)


def growth(_: Path) -> pd.DataFrame:
    """CPU seconds and megabytes of 300 steps of a GRU as the data grow: by more series, and by longer ones."""
    sizes = [(series, 100) for series in (100, 1_000, 10_000, 100_000)] + [(100, 1_000), (100, 10_000), (100, 100_000)]
    rows = {
        f"{series:,} x {length:,}": own("growth", series=series, length=length, steps=300) for series, length in sizes
    }
    return pd.DataFrame(rows).T.round(2)


PARTS: dict[str, Callable[[Path], pd.DataFrame]] = {
    "start": start,
    "steps": steps,
    "peers": peers,
    "accuracy": accuracy,
    "forecast": forecast,
    "growth": growth,
}


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join(PARTS)}; all if none is named")
    options = parser.parse_args()
    found = {}
    for part in options.parts or PARTS:
        table = PARTS[part](options.data.absolute())
        print(f"\n{PARTS[part].__doc__}\n{table.to_string()}", flush=True)
        found[part] = table.to_dict("index")
    if options.out:
        options.out.write_text(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
