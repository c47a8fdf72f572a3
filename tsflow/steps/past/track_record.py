"""The track record of a space: what was published, beside what came true and what seasonal naive would have said."""

from typing import Literal

import numpy as np
import pandas as pd
from sqlalchemy import Engine

from tsflow.config import Pipeline
from tsflow.evaluation import pair_scale, seasonal_naive
from tsflow.models import LEVELS
from tsflow.steps.forecasting.assignments import COLUMNS
from tsflow.store import track
from tsflow.store.panels import read_panel
from tsflow.training import Pairs

By = Literal["all", "month", "lead", "series", "model"]
FORECASTERS = ("published", "seasonal_naive")


def track_record(engine: Engine, name: str, pipeline: Pipeline, space: str) -> pd.DataFrame:
    """Every published step that has come true, in the long form of ``utilsforecast.evaluation``.

    Returns:
        ``unique_id, ds, cutoff, lead, y, published, seasonal_naive, model, scale`` and, for both forecasters, the
        bounds ``NAME-lo-80, NAME-hi-80, NAME-lo-95, NAME-hi-95``; one row per step. ``scale`` is the series' naive
        error up to the cutoff. Seasonal naive sees the values before the cutoff as they are known today.
    """
    rows = track.issued(engine, name, space)
    panel = read_panel(engine, name, pipeline.grid, series_ids=sorted(set(rows["series_id"].tolist())))
    place = {int(series_id): index for index, series_id in enumerate(panel.series_ids)}
    series = rows["series_id"].map(place).to_numpy(dtype=np.int64)
    cutoff = panel.frequency.position(rows["cutoff"].to_numpy().astype("M8[us]"))
    target = panel.frequency.position(rows["ds"].to_numpy().astype("M8[us]"))
    step = target - panel.first[series]
    inside = (step >= 0) & (step < panel.lengths[series])
    slot = np.where(inside, panel.offsets[series] + step, 0)
    true = inside & panel.observed[slot]
    rows, series, cutoff, slot = rows[true], series[true], cutoff[true], slot[true]
    keys, pair = np.unique(np.stack([series, cutoff]), axis=1, return_inverse=True)
    pairs = Pairs(keys[0], keys[1])
    naive = seasonal_naive(panel, pairs, pipeline.horizon, pipeline.shape.season_length, LEVELS)
    said = naive[pair, rows["lead"].to_numpy() - 1]  # [R, Q]
    frame = pd.DataFrame({"unique_id": panel.unique_ids[series], "ds": rows["ds"].to_numpy()})
    frame = frame.assign(
        cutoff=rows["cutoff"].to_numpy(), lead=rows["lead"].to_numpy(), y=panel.values[slot].astype(float)
    )
    for column, level in COLUMNS.items():
        suffix = "" if column == "y_hat" else "-" + column.replace("_", "-")
        frame["published" + suffix] = rows[column].to_numpy()
        frame["seasonal_naive" + suffix] = said[:, LEVELS.index(level)]
    scale = pair_scale(panel, pairs, pipeline.shape.season_length)
    return frame.assign(model=rows["model"].to_numpy(), scale=scale[pair])


def summary(record: pd.DataFrame, by: By = "all") -> pd.DataFrame:
    """Means over the steps of a group, one row per group and forecaster; lower is better, but for the coverage.

    Returns:
        ``forecaster, steps, mae`` (in units of y), ``mase`` (of the series' naive error), ``coverage_80, coverage_95``,
        after the group where there is one.
    """
    columns = {"lead": "lead", "series": "unique_id", "model": "model"}
    if by in columns:
        group = record[columns[by]].rename(by)
    else:
        group = record["ds"].dt.strftime("%Y-%m" if by == "month" else "all").rename(by)
    parts = []
    for name in FORECASTERS:
        error = (record[name] - record["y"]).abs()
        inside = {
            f"coverage_{level}": record["y"].between(record[f"{name}-lo-{level}"], record[f"{name}-hi-{level}"])
            for level in (80, 95)
        }
        scores = pd.DataFrame({"mae": error, "mase": error / record["scale"], **inside}).groupby(group)
        parts.append(scores.mean().assign(forecaster=name, steps=scores.size()).reset_index())
    order = [*([] if by == "all" else [by]), "forecaster", "steps", "mae", "mase", "coverage_80", "coverage_95"]
    return pd.concat(parts).sort_values([by, "forecaster"], ignore_index=True)[order]
