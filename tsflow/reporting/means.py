"""Means of what the store has summed up by issue and lead."""

import pandas as pd


def weighted(accuracy: pd.DataFrame, by: str) -> pd.DataFrame:
    """Means over groups, each row counting by its steps."""
    if not len(accuracy):
        return pd.DataFrame()
    measures = ["mae", "bias", "level", "coverage_80", "coverage_95"]
    weighted = accuracy[measures].mul(accuracy["steps"], axis="index").assign(steps=accuracy["steps"])
    summed = weighted.groupby(accuracy[by]).sum()
    return summed[measures].div(summed["steps"], axis="index").assign(steps=summed["steps"]).reset_index()
