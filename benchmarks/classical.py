"""AutoETS and AutoTheta on the data of `accuracy.py`: the same files in, the same files out, so that scores compare.

    python -m venv classical && classical/bin/pip install statsforecast==2.1.1 pyarrow pyyaml
    classical/bin/python benchmarks/classical.py --data m1_monthly.parquet --out out/m1_monthly [--horizon H]

An environment of its own, for statsforecast holds pandas below 3. Gaps are filled by interpolation, which both need.
DIR gets `AutoETS.csv` and `AutoTheta.csv` with `unique_id, ds, yhat, lo_80, hi_80, lo_95, hi_95`, and `classical.json`
with the CPU seconds of each.
"""

import argparse
import json
import time
import warnings
from pathlib import Path

import pandas as pd
import yaml
from statsforecast import StatsForecast
from statsforecast.models import AutoETS, AutoTheta, SeasonalNaive


def main() -> None:
    """Fit each series, forecast its test rows, write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--horizon", type=int)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    manifest = yaml.safe_load((options.data.parent / "manifest.yaml").read_text())["datasets"][options.data.stem]
    frame = pd.read_parquet(options.data, columns=["unique_id", "ds", "y", "split"])
    asked = frame[frame["split"] == "test"].sort_values(["unique_id", "ds"])
    seen = frame[frame["split"].isin(["train", "val"])].sort_values(["unique_id", "ds"])
    seen = seen.assign(y=seen.groupby("unique_id")["y"].transform(lambda y: y.interpolate(limit_direction="both")))
    seen = seen.dropna(subset="y")[["unique_id", "ds", "y"]]
    horizon = options.horizon or int(asked.groupby("unique_id").size().max())
    season, seconds = manifest["seasonality"], {}
    for name, model in (("AutoETS", AutoETS(season)), ("AutoTheta", AutoTheta(season))):
        started = time.process_time()
        engine = StatsForecast([model], manifest["freq"], fallback_model=SeasonalNaive(season, alias=name))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            forecast = engine.forecast(df=seen, h=horizon, level=[80, 95])
        seconds[name] = round(time.process_time() - started, 1)
        found = forecast.rename(
            columns={name: "yhat"}
            | {f"{name}-{end}-{level}": f"{end}_{level}" for end in ("lo", "hi") for level in (80, 95)}
        )
        rows = asked[["unique_id", "ds"]].merge(found, on=["unique_id", "ds"], how="left")
        rows[["unique_id", "ds", "yhat", "lo_80", "hi_80", "lo_95", "hi_95"]].to_csv(
            options.out / f"{name}.csv", index=False
        )
        print(f"{name}: {seconds[name]} CPU s, {int(rows['yhat'].isna().sum())} rows without a forecast", flush=True)
    (options.out / "classical.json").write_text(json.dumps(seconds))


if __name__ == "__main__":
    main()
