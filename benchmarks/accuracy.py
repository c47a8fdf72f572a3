"""Accuracy of the real pipeline on a Parquet panel: ingest, retrain, select, forecast, in a temporary database.

    python benchmarks/accuracy.py --data m4_weekly.parquet --out out/weekly [--horizon 13] [--seed 1] [--plain]
    python benchmarks/accuracy.py --data m4_hourly.parquet --out out/quick --set '{search: false}' --only gru
    python benchmarks/accuracy.py --data etth1.parquet --out out/etth1 --horizon 96 --cutoffs 1

The data have `unique_id, ds, y, split`; rows with split `train` or `val` are all that is learnt from, and forecasts are
written for exactly the rows with split `test`. A `manifest.yaml` beside the data gives frequency, season and horizon.
DIR gets a CSV for each architecture, the stage alone, the mean of the five (`ensemble.csv`), what `publish: best` and
`publish: auto` choose (`best.csv`, `champion.csv`), each `unique_id, ds, yhat, lo_80, hi_80, lo_95, hi_95`, with
`timings.json` (seconds, recipes tried, models, decision) and `scores.json`.

With `--cutoffs N` the evaluation rolls: a forecast at every N-th step of the test part whose horizon lies within it, by
models that are never trained again, with all rows up to the cutoff as context. The files are Parquet, with a `cutoff`.
"""

import argparse
import json
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml
from rolling import rolled
from scoring import COLUMNS, Dataset, score, score_rolling

from tsflow import steps
from tsflow.config import ARCHITECTURES
from tsflow.steps import Job
from tsflow.steps.forecasting.forecaster import Forecaster, current_forecaster
from tsflow.steps.retraining.preview import candidate_forecaster
from tsflow.store import decisions, models, readers, runs

END_OF_TIME = datetime(2200, 1, 1, tzinfo=UTC)  # the dates of some sets are made up, and lie in the future

Seconds = dict[str, float]
"""Wall and CPU seconds; on a busy machine only the latter mean much."""
Forecasts = dict[str, pd.DataFrame]


def read(file: Path, horizon: int | None) -> Dataset:
    """The data and what its manifest says of them."""
    manifest = yaml.safe_load((file.parent / "manifest.yaml").read_text())["datasets"][file.stem]
    frame = pd.read_parquet(file, columns=["unique_id", "ds", "y", "split"]).astype({"unique_id": str})
    asked = frame[frame["split"] == "test"].drop(columns="split").reset_index(drop=True)
    seen = frame[frame["split"].isin(["train", "val"]) & frame["y"].notna()]
    longest = int(asked.groupby("unique_id").size().max())
    return Dataset(
        seen,
        asked,
        manifest["freq"],
        manifest["seasonality"],
        manifest["mase_seasonality"],
        horizon or min(manifest["horizon"], longest),
    )


def project_file(folder: Path, data: Dataset, training: dict[str, Any], architectures: list[str]) -> Path:
    """A project of one pipeline over the part of the data that may be seen."""
    data.seen.drop(columns="split").to_parquet(folder / "seen.parquet", index=False)
    pipeline = {
        "source": {"kind": "parquet", "path": "seen.parquet", "columns": {"unique_id": "unique_id"}},
        "frequency": data.frequency,
        "season_length": data.season_length,
        "horizon": data.horizon,
        "clock": "data",
        "ended_after": "never",  # competition series end at different dates, and all are asked for
        "architectures": architectures,
        "training": {"refit": "all", **training},
        "selection": {"publish": "auto"},
    }
    file = folder / "tsflow.yaml"
    file.write_text(yaml.safe_dump({"pipelines": {"benchmark": pipeline}}))
    return file


def run(
    data: Dataset, training: dict[str, Any], architectures: list[str], cutoffs: int | None
) -> tuple[Forecasts, dict[str, Any]]:
    """The forecasts by architecture, and the seconds of each stage with the decision."""
    with tempfile.TemporaryDirectory() as folder:
        config = str(project_file(Path(folder), data, training, architectures))
        seconds: dict[str, Seconds] = {}
        with (
            steps.hold_slot(config, "benchmark", wall=END_OF_TIME, holder="benchmark") as ticket,
            steps.open_job(ticket) as job,
        ):
            timed(seconds, "ingest", lambda: steps.ingest(job))
            planned = timed(seconds, "plan", lambda: steps.plan_retrain(job))
            if planned.architectures:
                timed(seconds, "recipes", lambda: steps.choose_recipes(job, planned.run_id))
            for name in planned.architectures:
                timed(seconds, name, lambda name=name: steps.train_candidate(job, planned.run_id, name))
            timed(seconds, "decide", lambda: steps.decide(job, planned.run_id))
            timed(seconds, "forecast", lambda: steps.forecast(job))
            made = rolling(job, planned.run_id, data, cutoffs) if cutoffs else forecasts(job, planned.run_id)
            decision = decisions.of_run(job.engine, planned.run_id)
            report = runs.get(job.engine, planned.run_id).report or {}
            trained = {
                f"{row.architecture} {row.role}": {"steps": row.steps, "seconds": row.seconds, **row.configuration}
                for row in models.of_run(job.engine, planned.run_id)
            }
    return complete(made, decision), {"seconds": seconds, "decision": asdict(decision), **report, "models": trained}


def forecasts(job: Job, run_id: int) -> Forecasts:
    """What was published, and what each candidate would have been."""
    published = readers.latest_forecasts(job.engine, "benchmark")
    made = {name: steps.preview(job, run_id, name) for name in candidates(job, run_id)}
    return {name: frame.rename(columns={"y_hat": "yhat"}) for name, frame in {"champion": published, **made}.items()}


def rolling(job: Job, run_id: int, data: Dataset, every: int) -> Forecasts:
    """The same at every ``every``-th cutoff of the test part."""
    panel = steps.active_panel(job)
    forecasters: dict[str, Forecaster] = {"champion": current_forecaster(job)}
    forecasters |= {name: candidate_forecaster(job, run_id, name, panel) for name in candidates(job, run_id)}
    return {name: rolled(forecaster, data, every) for name, forecaster in forecasters.items()}


def candidates(job: Job, run_id: int) -> list[str]:
    """The networks, the stage and the ensemble that were trained."""
    rows = models.of_run(job.engine, run_id)
    return [row.architecture for row in rows if (row.role, row.status) == ("candidate", "trained")]


def complete(made: Forecasts, decision: decisions.Decision) -> Forecasts:
    """With what `publish: best` would have chosen; an architecture not trained has the champion's forecasts."""
    singles = [one["name"] for one in decision.candidates if one["name"] in made and one["name"] != "ensemble"]
    best = "champion" if decision.outcome == "baseline" or not singles else singles[0]
    missing = [name for name in (*ARCHITECTURES, "ensemble") if name not in made]
    for name in missing:
        print(f"{name} was not trained: its file holds what was published")
    return {**made, "best": made[best], **dict.fromkeys(missing, made["champion"])}


def timed(seconds: dict[str, Seconds], stage: str, call: Callable[[], Any]) -> Any:
    """Run a stage and note how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    seconds[stage] = {"wall": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    print(f"{stage}: {seconds[stage]}", flush=True)
    return result


def asked_rows(forecast: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of exactly the rows that are asked for.

    A series whose last observations are missing is forecast from where it was last seen, and may end before its test
    part does: then its last forecast is carried forward.
    """
    wanted = asked.assign(ds=asked["ds"].astype("M8[us]"))[["unique_id", "ds"]]
    stamped = forecast.assign(ds=forecast["ds"].astype("M8[us]"), unique_id=forecast["unique_id"].astype(str))
    every = wanted.merge(stamped[COLUMNS], how="outer").sort_values(["unique_id", "ds"])
    every[COLUMNS[2:]] = every.groupby("unique_id")[COLUMNS[2:]].ffill()
    joined = wanted.merge(every, how="left")
    missing = joined[~np.isfinite(joined["yhat"])]
    if len(missing):
        raise SystemExit(f"{len(missing)} of {len(joined)} test rows have no forecast: {missing.head(3)}")
    return joined[COLUMNS]


def main() -> None:
    """Run, write, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--horizon", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cutoffs", type=int, metavar="N", help="roll over the test part, every N steps")
    parser.add_argument("--plain", action="store_true", help="the textbook as printed, without the stage")
    parser.add_argument("--set", type=yaml.safe_load, default={}, metavar="YAML", help="settings of `training`")
    parser.add_argument("--only", nargs="+", default=[*ARCHITECTURES, "stage"], help="of these")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = read(options.data, options.horizon)
    training = {"seed": options.seed, "stage": not options.plain, **options.set}
    made, timings = run(data, training, options.only, options.cutoffs)
    scores = {}
    for name, forecast in made.items():
        if options.cutoffs:
            forecast.to_parquet(options.out / f"{name}.parquet", index=False)
            scores[name] = score_rolling(forecast, data)
        else:
            rows = asked_rows(forecast, data.asked)
            rows.to_csv(options.out / f"{name}.csv", index=False)
            scores[name] = score(rows, data)
    (options.out / "timings.json").write_text(json.dumps(timings, indent=1, default=str))
    (options.out / "scores.json").write_text(json.dumps(scores, indent=1))
    print(pd.DataFrame(scores).T.to_string())


if __name__ == "__main__":
    main()
