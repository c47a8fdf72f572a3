"""The leaderboard of a backtest: means over what the rows stand for."""

from typing import Literal

import numpy as np
import pandas as pd

By = Literal["all", "lead", "series", "size", "cutoff"]
Metric = Literal["mase", "mae", "rmse", "smape", "coverage_80", "coverage_95"]


def models_of(frame: pd.DataFrame) -> list[str]:
    """The models of a comparison, by their columns."""
    return [name for name in frame.columns[4:] if not any(f"-{end}-" in name for end in ("lo", "hi"))]


def ranking(frame: pd.DataFrame, by: By = "all", metric: Metric = "mase") -> pd.DataFrame:
    """Each model's errors, best first within each group; MASE is over seasonal naive's own mean error in each series.

    Args:
        frame: As `comparison` returns it.
        by: What the groups are; ``size`` cuts the series in three by their mean level.
        metric: What ranks; lower is better, and of a coverage nearer to its share.
    """
    groups = {
        "lead": frame.groupby(["unique_id", "cutoff"])["ds"].rank(method="first").astype(int),
        "series": frame["unique_id"],
        "size": _size(frame),
        "cutoff": frame["cutoff"],
        "all": pd.Series("all", frame.index),
    }
    group = groups[by].rename(by)
    naive = (frame["seasonal_naive"] - frame["y"]).abs().groupby(frame["unique_id"]).transform("mean")
    parts = []
    for name in models_of(frame):
        error = frame[name] - frame["y"]
        total = frame[name].abs() + frame["y"].abs()
        steps = {
            "mase": error.abs() / naive.where(naive > 0),
            "mae": error.abs(),
            "rmse": error**2,
            "smape": 200 * error.abs() / total.where(total > 0, 1.0),
            "coverage_80": frame["y"].between(frame[f"{name}-lo-80"], frame[f"{name}-hi-80"]),
            "coverage_95": frame["y"].between(frame[f"{name}-lo-95"], frame[f"{name}-hi-95"]),
        }
        parts.append(pd.DataFrame(steps).groupby(group).mean().assign(model=name, steps=group.value_counts()))
    board = pd.concat(parts).reset_index()
    board["rmse"] = np.sqrt(board["rmse"])
    share = {"coverage_80": 0.8, "coverage_95": 0.95}
    board = board.assign(_rank=(board[metric] - share[metric]).abs() if metric in share else board[metric])
    order = [*([] if by == "all" else [by]), "model", "steps", "mase", "mae", "rmse", "smape", *share]
    return board.sort_values([by, "_rank", "model"], ignore_index=True)[order]


def _size(frame: pd.DataFrame) -> "pd.Series[str]":
    level = frame["y"].abs().groupby(frame["unique_id"]).mean()
    third = pd.Series(
        np.minimum(level.rank(method="first", pct=True).to_numpy() * 3 - 1e-9, 2).astype(int), level.index
    )
    return frame["unique_id"].map(third.map({0: "small", 1: "medium", 2: "large"}))
