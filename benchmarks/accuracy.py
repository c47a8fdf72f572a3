"""Accuracy of the real pipeline on a Parquet panel: ingest, retrain, select, forecast, in a temporary database.

    python benchmarks/accuracy.py --data m4_weekly.parquet --out out/weekly [--horizon 13] [--seed 1] [--plain]

The data have `unique_id, ds, y, split`; rows with split `train` or `val` are all that the pipeline is given, and
forecasts are written for exactly the rows with split `test`. A `manifest.yaml` beside the data gives frequency, season
and horizon. DIR gets a CSV for each architecture, the stage alone, the mean of the five (`ensemble.csv`), what
`publish: best` and `publish: auto` choose (`best.csv`, `champion.csv`), each
`unique_id, ds, yhat, lo_80, hi_80, lo_95, hi_95`, with `timings.json` (seconds, recipes tried, models, decision) and
`scores.json` (the scorer's own definitions are in `tsflow.evaluation`).
"""

import argparse
import json
import tempfile
import time
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import yaml

from tsflow import steps
from tsflow.evaluation import coverage, mase, mase_scale, msis, naive2, owa, rmse, smape
from tsflow.store import decisions, models, readers, runs

END_OF_TIME = datetime(2200, 1, 1, tzinfo=UTC)  # the dates of some sets are made up, and lie in the future
COLUMNS = ["unique_id", "ds", "yhat", "lo_80", "hi_80", "lo_95", "hi_95"]


Seconds = dict[str, float]
"""Wall and CPU seconds; on a busy machine only the latter mean much."""


@dataclass(frozen=True)
class Dataset:
    """A panel split into what may be seen and what is asked for."""

    seen: pd.DataFrame
    asked: pd.DataFrame
    frequency: str
    season_length: int
    mase_season: int
    horizon: int


def read(file: Path, horizon: int | None) -> Dataset:
    """The data and what its manifest says of them."""
    manifest = yaml.safe_load((file.parent / "manifest.yaml").read_text())["datasets"][file.stem]
    frame = pd.read_parquet(file, columns=["unique_id", "ds", "y", "split"])
    asked = frame[frame["split"] == "test"].drop(columns="split").reset_index(drop=True)
    seen = frame[frame["split"].isin(["train", "val"]) & frame["y"].notna()].drop(columns="split")
    longest = int(asked.groupby("unique_id").size().max())
    return Dataset(
        seen,
        asked,
        manifest["freq"],
        manifest["seasonality"],
        manifest["mase_seasonality"],
        horizon or min(manifest["horizon"], longest),
    )


def project_file(folder: Path, data: Dataset, training: dict[str, Any]) -> Path:
    """A project of one pipeline over the part of the data that may be seen."""
    data.seen.to_parquet(folder / "seen.parquet", index=False)
    pipeline = {
        "source": {"kind": "parquet", "path": "seen.parquet", "columns": {"unique_id": "unique_id"}},
        "frequency": data.frequency,
        "season_length": data.season_length,
        "horizon": data.horizon,
        "clock": "data",
        "ended_after": "never",  # competition series end at different dates, and all are asked for
        "training": {"refit": "all", **training},
        "selection": {"publish": "auto"},
    }
    file = folder / "tsflow.yaml"
    file.write_text(yaml.safe_dump({"pipelines": {"benchmark": pipeline}}))
    return file


def run(data: Dataset, training: dict[str, Any]) -> tuple[dict[str, pd.DataFrame], dict[str, Any]]:
    """The forecasts by architecture, and the seconds of each stage with the decision."""
    with tempfile.TemporaryDirectory() as folder:
        config = str(project_file(Path(folder), data, training))
        seconds: dict[str, Seconds] = {}
        with (
            steps.hold_slot(config, "benchmark", wall=END_OF_TIME, holder="benchmark") as ticket,
            steps.open_job(ticket) as job,
        ):
            timed(seconds, "ingest", lambda: steps.ingest(job))
            planned = timed(seconds, "plan", lambda: steps.plan_retrain(job))
            timed(seconds, "recipes", lambda: steps.choose_recipes(job, planned.run_id))
            for name in planned.architectures:
                timed(seconds, name, lambda name=name: steps.train_candidate(job, planned.run_id, name))
            timed(seconds, "decide", lambda: steps.decide(job, planned.run_id))
            timed(seconds, "forecast", lambda: steps.forecast(job))
            published = readers.latest_forecasts(job.engine, "benchmark")
            forecasts = {"champion": published.rename(columns={"y_hat": "yhat"})[COLUMNS]}
            decision = decisions.of_run(job.engine, planned.run_id)
            scored = [one["architecture"] for one in decision.candidates if one["architecture"] != "seasonal_naive"]
            for name in scored:  # best first
                forecasts[name] = steps.preview(job, planned.run_id, name).rename(columns={"y_hat": "yhat"})
            singles = [name for name in scored if name != "ensemble"]
            forecasts["best"] = forecasts["champion" if decision.outcome == "baseline" else singles[0]]
            report = runs.get(job.engine, planned.run_id).report
            trained = {
                f"{row.architecture} {row.role}": {"steps": row.steps, "seconds": row.seconds, **row.configuration}
                for row in models.of_run(job.engine, planned.run_id)
            }
        return forecasts, {"seconds": seconds, "decision": asdict(decision), **report, "models": trained}


def timed(seconds: dict[str, Seconds], stage: str, call: Any) -> Any:
    """Run a stage and note how long it took."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = call()
    seconds[stage] = {"wall": round(time.perf_counter() - wall, 2), "cpu": round(time.process_time() - cpu, 2)}
    print(f"{stage}: {seconds[stage]}", flush=True)
    return result


def asked_rows(forecast: pd.DataFrame, asked: pd.DataFrame) -> pd.DataFrame:
    """The forecasts of exactly the rows that are asked for."""
    stamped = forecast.assign(ds=forecast["ds"].astype("M8[us]"), unique_id=forecast["unique_id"].astype(str))
    wanted = asked.assign(ds=asked["ds"].astype("M8[us]"), unique_id=asked["unique_id"].astype(str))
    joined = wanted[["unique_id", "ds"]].merge(stamped, on=["unique_id", "ds"], how="left")
    missing = int(joined["yhat"].isna().sum())
    if missing:
        raise SystemExit(
            f"{missing} of {len(joined)} test rows have no forecast: {joined[joined['yhat'].isna()].head(3)}"
        )
    return joined[COLUMNS]


def score(forecast: pd.DataFrame, data: Dataset) -> dict[str, float]:
    """sMAPE, MASE and OWA as the M4 organisers define them, RMSE, coverage and MSIS; means over series."""
    rows = data.asked.assign(ds=data.asked["ds"].astype("M8[us]"), unique_id=data.asked["unique_id"].astype(str))
    joined = rows.merge(forecast, on=["unique_id", "ds"]).sort_values(["unique_id", "ds"])
    history = data.seen.assign(unique_id=data.seen["unique_id"].astype(str)).sort_values("ds").groupby("unique_id")["y"]
    seen = {name: part.to_numpy(float) for name, part in history}
    each = [score_series(part, seen[name], data.mase_season) for name, part in joined.groupby("unique_id")]
    mean = pd.DataFrame(each).mean().to_dict()
    total = owa(mean["sMAPE"], mean["MASE"], mean["Naive2_sMAPE"], mean["Naive2_MASE"])
    return {name: round(float(value), 4) for name, value in {"OWA": total, **mean}.items()}


def score_series(part: pd.DataFrame, seen: np.ndarray, season: int) -> dict[str, float]:
    """The errors of one series; steps without a value are left out."""
    y, f, lo_80, hi_80, lo_95, hi_95 = (part[[name]].to_numpy(float).T for name in ("y", *COLUMNS[2:]))
    observed, scale = np.isfinite(y), np.array([mase_scale(seen, season)])
    base = naive2(seen, y.shape[1], season)[None, :]
    errors = {
        "sMAPE": smape(f, y, observed),
        "MASE": mase(f, y, observed, scale),
        "RMSE": rmse(f, y, observed),
        "coverage_80": coverage(lo_80, hi_80, y, observed),
        "coverage_95": coverage(lo_95, hi_95, y, observed),
        "MSIS_95": msis(lo_95, hi_95, y, observed, scale),
        "Naive2_sMAPE": smape(base, y, observed),
        "Naive2_MASE": mase(base, y, observed, scale),
    }
    return {name: float(error[0]) for name, error in errors.items()}


def main() -> None:
    """Run, write, score, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--horizon", type=int)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="the textbook as printed, without the stage")
    parser.add_argument("--max-steps", type=int, help="fewer optimiser steps than the default")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    data = read(options.data, options.horizon)
    training = {"seed": options.seed, "stage": not options.plain}
    if options.max_steps:
        training["max_steps"] = options.max_steps
    forecasts, timings = run(data, training)
    scores = {}
    for name, forecast in forecasts.items():
        rows = asked_rows(forecast, data.asked)
        rows.to_csv(options.out / f"{name}.csv", index=False)
        scores[name] = score(rows, data)
    (options.out / "timings.json").write_text(json.dumps(timings, indent=1, default=str))
    (options.out / "scores.json").write_text(json.dumps(scores, indent=1))
    print(pd.DataFrame(scores).T.to_string())


if __name__ == "__main__":
    main()
