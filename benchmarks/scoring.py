"""Scores of forecasts: those of the M4 organisers, with coverage and MSIS, and those of the long-horizon papers."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from tsflow.evaluation import coverage, mase, mase_scale, msis, naive2, owa, rmse, smape

COLUMNS = ["unique_id", "ds", "yhat", "lo_80", "hi_80", "lo_95", "hi_95"]


@dataclass(frozen=True)
class Dataset:
    """A panel split into what may be seen and what is asked for."""

    seen: pd.DataFrame
    asked: pd.DataFrame
    frequency: str
    season_length: int
    mase_season: int
    horizon: int


def score(forecast: pd.DataFrame, data: Dataset) -> dict[str, float]:
    """sMAPE, MASE and OWA as the M4 organisers define them, RMSE, coverage and MSIS; means over series."""
    rows = data.asked.assign(ds=data.asked["ds"].astype("M8[us]"), unique_id=data.asked["unique_id"].astype(str))
    joined = rows.merge(forecast, on=["unique_id", "ds"]).sort_values(["unique_id", "ds"])
    history = data.seen.assign(unique_id=data.seen["unique_id"].astype(str)).sort_values("ds").groupby("unique_id")["y"]
    seen = {name: part.to_numpy(float) for name, part in history}
    each = [_score_series(part, seen[name], data.mase_season) for name, part in joined.groupby("unique_id")]
    mean = pd.DataFrame(each).mean().to_dict()
    total = owa(mean["sMAPE"], mean["MASE"], mean["Naive2_sMAPE"], mean["Naive2_MASE"])
    return {name: round(float(value), 4) for name, value in {"OWA": total, **mean}.items()}


def score_rolling(forecast: pd.DataFrame, data: Dataset) -> dict[str, float]:
    """MSE and MAE over all windows on values z-scored by each series' training part, and coverage."""
    train = data.seen[data.seen["split"] == "train"].groupby("unique_id")["y"]
    scale = pd.DataFrame({"mean": train.mean(), "deviation": train.std(ddof=0)})
    truth = data.asked.assign(ds=data.asked["ds"].astype("M8[us]"))
    joined = forecast.merge(truth, on=["unique_id", "ds"]).join(scale, on="unique_id")
    error = (joined["yhat"] - joined["y"]) / joined["deviation"]
    inside = {
        f"coverage_{level}": ((joined["y"] >= joined[f"lo_{level}"]) & (joined["y"] <= joined[f"hi_{level}"])).mean()
        for level in (80, 95)
    }
    found = {"MSE": (error**2).mean(), "MAE": error.abs().mean(), **inside}
    return {name: round(float(value), 4) for name, value in found.items()}


def _score_series(part: pd.DataFrame, seen: np.ndarray, season: int) -> dict[str, float]:
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
