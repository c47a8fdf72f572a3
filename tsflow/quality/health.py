"""Gaps, flat stretches and age of each series of a panel."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from tsflow.config import Pipeline
from tsflow.panel import Panel
from tsflow.quality.frequency_advice import frequency_advice
from tsflow.quality.screen import limits_of

_LISTED = 20


class SeriesHealth(BaseModel):
    """One series."""

    model_config = ConfigDict(frozen=True)

    unique_id: str
    observations: int
    gaps: int = Field(description="Steps between its first and last observation that have none.")
    longest_gap: int = Field(description="Most of them in a row.")
    flat_stretches: int = Field(description="Stretches of equal values, as long as the pipeline calls flat.")
    longest_flat: int = Field(description="Most equal values in a row, if that is flat; else 0.")
    age: int | None = Field(description="Steps from its last observation to now; none without observations.")

    @property
    def burden(self) -> int:
        """Steps that are missing, flat or overdue."""
        return self.gaps + self.longest_flat + max((self.age or 0) - 1, 0)


class PanelHealth(BaseModel):
    """All series in totals, and the worst by name."""

    model_config = ConfigDict(frozen=True)

    series: int
    empty: int = Field(description="Series without any observation.")
    observations: int
    gaps: int
    series_with_gaps: int
    series_flat: int = Field(description="Series with a flat stretch.")
    oldest_age: int | None = Field(description="Age, in steps, of the last observation of the series furthest behind.")
    worst: tuple[SeriesHealth, ...] = Field(description="At most 20, by steps that are missing, flat or overdue.")
    seems: str | None = Field(description="What to do about the frequency, in words, if most of the grid is empty.")


def combined_health(parts: Sequence[PanelHealth]) -> PanelHealth:
    """The health of panels of different series as that of one, so that no panel need hold them all."""
    worst = sorted((one for part in parts for one in part.worst), key=lambda one: -one.burden)
    ages = [part.oldest_age for part in parts if part.oldest_age is not None]
    return PanelHealth(
        series=sum(part.series for part in parts),
        empty=sum(part.empty for part in parts),
        observations=sum(part.observations for part in parts),
        gaps=sum(part.gaps for part in parts),
        series_with_gaps=sum(part.series_with_gaps for part in parts),
        series_flat=sum(part.series_flat for part in parts),
        oldest_age=max(ages, default=None),
        worst=tuple(worst[:_LISTED]),
        seems=next((part.seems for part in parts if part.seems), None),
    )


def panel_health(panel: Panel, pipeline: Pipeline, now: datetime) -> PanelHealth:
    """Measure a panel at ``now`` (aware); linear in its steps."""
    measures = _measures(panel, pipeline, now)
    some = panel.lengths > 0
    overdue = np.where(some, np.maximum(measures["age"] - 1, 0), 0)
    burden = measures["gaps"] + measures["longest_flat"] + overdue
    order = np.argsort(-burden, kind="stable")[:_LISTED]
    worst = [index for index in order if burden[index] > 0 or not some[index]]
    return PanelHealth(
        series=len(panel),
        empty=int((~some).sum()),
        observations=int(panel.observed.sum()),
        gaps=int(measures["gaps"].sum()),
        series_with_gaps=int((measures["gaps"] > 0).sum()),
        series_flat=int((measures["flat_stretches"] > 0).sum()),
        oldest_age=int(measures["age"][some].max()) if some.any() else None,
        worst=tuple(_one(panel, measures, index) for index in worst),
        seems=_advice(panel),
    )


def _measures(panel: Panel, pipeline: Pipeline, now: datetime) -> dict[str, NDArray[np.int64]]:
    """The fields of ``SeriesHealth`` for all series, each of shape [S]."""
    flat_steps = pipeline.quality.flat_steps or 2 * pipeline.shape.season_length
    starts, lengths = _runs(panel)
    owner = np.searchsorted(panel.offsets, starts, side="right") - 1
    gap = ~panel.observed[starts]
    flat = ~gap & (lengths >= flat_steps)
    gaps, longest_gap, longest_flat = np.zeros((3, len(panel)), dtype=np.int64)
    np.add.at(gaps, owner[gap], lengths[gap])
    np.maximum.at(longest_gap, owner[gap], lengths[gap])
    np.maximum.at(longest_flat, owner[flat], lengths[flat])
    here = panel.frequency.position(np.array([limits_of(pipeline, now).latest]))[0]
    return {
        "observations": panel.lengths - gaps,
        "gaps": gaps,
        "longest_gap": longest_gap,
        "flat_stretches": np.bincount(owner[flat], minlength=len(panel)),
        "longest_flat": longest_flat,
        "age": here - panel.last,
    }


def _one(panel: Panel, measures: dict[str, NDArray[np.int64]], index: int) -> SeriesHealth:
    values: dict[str, Any] = {name: int(measure[index]) for name, measure in measures.items()}
    if not panel.lengths[index]:
        values["age"] = None
    return SeriesHealth(unique_id=str(panel.unique_ids[index]), **values)


def _runs(panel: Panel) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First step and length of each run of gaps, or of equal observed values, within one series."""
    observed, values = panel.observed, panel.values
    if not len(values):
        return np.zeros((2, 0), dtype=np.int64)[0], np.zeros(0, dtype=np.int64)
    begins = np.ones(len(values), dtype=bool)
    begins[1:] = (observed[1:] != observed[:-1]) | (values[1:] != values[:-1])  # a gap's value is 0
    begins[panel.offsets[:-1][panel.lengths > 0]] = True
    starts = np.flatnonzero(begins)
    return starts, np.diff(starts, append=len(values))


def _advice(panel: Panel) -> str | None:
    if 2 * panel.observed.sum() >= len(panel.observed):
        return None
    return frequency_advice(panel.timestamps()[panel.observed], panel.frequency)
