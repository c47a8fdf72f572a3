"""Drawing batches: from the panel's own windows, and, for a short history, in part from synthetic ones."""

from collections.abc import Callable

import torch

from tsflow.frequency import Frequency, Positions
from tsflow.models import ModelSpec
from tsflow.training.synthetic import synthetic_panel
from tsflow.training.windows import Batch, DevicePanel, TrainingWindows

Drawer = Callable[[int, torch.Generator], Batch]
"""A batch of so many windows; for one seed, context and horizon the same in every architecture."""


def drawer(
    panel: DevicePanel, windows: TrainingWindows, spec: ModelSpec, last_target: Positions | None = None
) -> Drawer:
    """Draw uniformly from some windows, showing no target after ``last_target``, shape [S]."""
    until = None if last_target is None else torch.from_numpy(last_target).to(panel.device)

    def draw(size: int, generator: torch.Generator) -> Batch:
        series, cutoff = windows.draw(size, generator)
        return panel.gather(series, cutoff, context=spec.context, horizon=spec.horizon, last_target=until)

    return draw


def with_synthetic(draw: Drawer, share: float, frequency: Frequency, spec: ModelSpec, device: torch.device) -> Drawer:
    """Draw a share (above 0, up to 1) of each batch from synthetic series, the rest as before."""
    made = synthetic_panel(frequency, spec.season_length, 2 * (spec.context + spec.horizon))
    windows = TrainingWindows(made, context=spec.context, horizon=spec.horizon)
    draw_made = drawer(DevicePanel(made, device), windows, spec)

    def mixed(size: int, generator: torch.Generator) -> Batch:
        some = max(1, round(share * size))
        parts = [draw(size - some, generator)] if some < size else []
        return Batch.together([*parts, draw_made(some, generator)])

    return mixed
