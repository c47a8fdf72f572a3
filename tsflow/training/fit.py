"""Fit one architecture to a panel."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tsflow.config import Training
from tsflow.errors import TrainingError
from tsflow.frequency import Positions
from tsflow.models import AnySpec, ModelSpec, build
from tsflow.panel import Panel
from tsflow.training.batches import Batches
from tsflow.training.device import describe_device, quick_cpu, repeatable
from tsflow.training.drawing import Drawer, drawer, with_synthetic
from tsflow.training.losses import QuantileLoss
from tsflow.training.run import Criterion, Progress, Run
from tsflow.training.tuning import TuneLoss
from tsflow.training.windows import DevicePanel, Pairs, TrainingWindows

EVALUATIONS = 10
"""Epochs of a run: stretches of steps between two evaluations."""
PASSES = 20
"""Passes over the windows, between the configured fewest and most steps."""


@dataclass(frozen=True)
class Fitted:
    """A trained model and how it came about."""

    model: nn.Module
    """In evaluation mode, on the device that it was trained on."""
    spec: AnySpec
    steps: int
    """Optimiser steps behind the kept weights, of all members of an ensemble; what a refit repeats."""
    seconds: float
    tune_loss: float | None
    """Mean scaled pinball loss on the tune pairs; none without them."""
    curve: list[list[float | None]]
    """Steps, fit loss, tune loss of each epoch."""
    device: str
    notices: tuple[str, ...]
    """What a person should know: a halved batch, a restart."""


def fit(
    panel: Panel,
    spec: ModelSpec,
    training: Training,
    *,
    device: torch.device,
    last_target: Positions | None = None,
    tune: Pairs | None = None,
    pair_scale: NDArray[np.float64] | None = None,
    steps: int | None = None,
    criterion: Criterion | None = None,
    emphasis: float = 0.0,
    synthetic: float = 0.0,
    initial: Mapping[str, Tensor] | None = None,
    on_progress: Progress | None = None,
) -> Fitted:
    """Train a model; same seed and device, same numbers.

    Args:
        panel: The series.
        spec: What to build.
        training: Batch size, rate, steps, patience, budget, seed.
        device: Where to train.
        last_target: Grid position after which no step is a target of training, shape [S]; none: use all.
        tune: Pairs whose loss stops the training and picks the weights; none: train to the last step.
        pair_scale: Naive error of each tune pair, positive, shape [P].
        steps: Train for exactly so many (a refit); else twenty passes over the windows, within the settings.
        criterion: The loss of a batch; the pinball loss in scaled units if not given.
        emphasis: Of that loss, see `QuantileLoss`.
        synthetic: Share of each batch that comes from synthetic series.
        initial: Weights to start from, of a model of the same specification; drawn by the seed if not given.
        on_progress: Called after each epoch.

    Raises:
        DataError: If no window, or no tune pair, has a target.
        TrainingError: If a loss was not finite at the configured rate nor at half of it, or the device's
            memory does not hold a single window.
    """
    windows = TrainingWindows(panel, context=spec.context, horizon=spec.horizon, last_target=last_target)
    on_device = DevicePanel(panel, device)
    draw = drawer(on_device, windows, spec, last_target)
    attempts = _Attempts(
        spec,
        training,
        device,
        draw=with_synthetic(draw, synthetic, panel.frequency, spec, device) if synthetic else draw,
        steps=steps or planned_steps(len(windows), training),
        tune=None if tune is None or pair_scale is None else TuneLoss(on_device, spec, tune, pair_scale),
        criterion=criterion or QuantileLoss(spec.levels, device, emphasis),
        initial=initial,
        on_progress=on_progress,
    )
    return attempts.fitted()


def planned_steps(windows: int, training: Training) -> int:
    """Twenty passes over the windows in batches, but no fewer and no more steps than configured."""
    return min(max(-(-PASSES * windows // training.batch_size), training.min_steps), training.max_steps)


@dataclass
class _Attempts:
    """At most two runs: the second at half the learning rate, if a loss of the first was not finite."""

    spec: ModelSpec
    training: Training
    device: torch.device
    draw: Drawer
    steps: int
    tune: TuneLoss | None
    criterion: Criterion
    initial: Mapping[str, Tensor] | None
    on_progress: Progress | None
    notices: list[str] = field(default_factory=list)
    started: float = field(default_factory=time.monotonic)

    def fitted(self) -> Fitted:
        rate = self.training.learning_rate
        for learning_rate in (rate, rate / 2):
            run = self._run(learning_rate)
            with quick_cpu(), repeatable():
                run.train()
            if not run.diverged:
                return self._result(run)
            self.notices.append(f"{self.spec.architecture}: a loss was not finite at learning rate {learning_rate:g}")
        raise TrainingError(
            f"{self.spec.architecture}: a loss was not finite at learning rate {rate:g}, nor at half of it: "
            "lower training.learning_rate, or look for extreme values in the data"
        )

    def _run(self, learning_rate: float) -> Run:
        generator = torch.Generator().manual_seed(self.training.seed)
        batches = Batches(
            lambda size: self.draw(size, generator),
            size=self.training.batch_size,
            steps=self.steps,
            epochs=EVALUATIONS,
            time_budget=self._time_left(),
        )
        model = build(self.spec, self.training.seed)
        if self.initial is not None:
            model.load_state_dict(self.initial)
        return Run(
            model,
            batches,
            device=self.device,
            learning_rate=learning_rate,
            criterion=self.criterion,
            tune=self.tune,
            patience=self.training.patience,
            on_progress=self.on_progress,
            on_notice=self.notices.append,
        )

    def _time_left(self) -> float | None:
        """What is left of the budget; never nothing, for a run takes at least one step."""
        budget = self.training.time_budget
        return None if budget is None else max(budget - (time.monotonic() - self.started), 1e-3)

    def _result(self, run: Run) -> Fitted:
        return Fitted(
            run.model,
            self.spec,
            steps=run.best_steps,
            seconds=time.monotonic() - self.started,
            tune_loss=run.best_loss if self.tune else None,
            curve=run.curve,
            device=describe_device(self.device),
            notices=tuple(self.notices),
        )
