"""The textbook's training loop; everything else about training is around it."""

from collections.abc import Callable, Iterable
from typing import TypeVar

import torch
from torch import Tensor, nn

Batch = TypeVar("Batch")


def train_model(
    model: nn.Module,
    batches: Iterable[Batch],
    optimizer: torch.optim.Optimizer,
    criterion: Callable[[nn.Module, Batch], Tensor],
    epochs: int,
    *,
    clip_norm: float = float("inf"),
    after_step: Callable[[], None] | None = None,
    after_epoch: Callable[[float], bool] | None = None,
) -> list[float]:
    """Train a model in place.

    Args:
        model: What is trained.
        batches: Iterated over once an epoch.
        optimizer: Over the model's parameters.
        criterion: ``criterion(model, batch)``, the scalar loss to make small.
        epochs: Passes over ``batches``.
        clip_norm: Largest norm of the gradient of a step.
        after_step: Called after each step: learning rate, averaged weights.
        after_epoch: Called with the epoch's mean loss: evaluation, early stopping. True ends the training.

    Returns:
        The mean loss of each epoch. Within an epoch nothing waits for the device.
    """
    history: list[float] = []
    parameters = list(model.parameters())
    for _ in range(epochs):
        model.train()
        losses = []
        for batch in batches:
            optimizer.zero_grad()
            loss = criterion(model, batch)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(parameters, clip_norm)
            optimizer.step()
            losses.append(loss.detach())
            if after_step:
                after_step()
        history.append(float(torch.stack(losses).mean()))
        if after_epoch and after_epoch(history[-1]):
            break
    return history
