"""How the learning rate and the averaging of weights go over a run."""

import copy
import math

import torch
from torch import Tensor, nn

WARM_UP = 0.3
"""Share of a run in which the learning rate rises."""


def one_cycle(progress: float) -> float:
    """The learning rate as a share of its peak: a cosine up from 1/25 in the first 30 %, then one down to 0.

    Args:
        progress: Share of the run that is over, 0 to 1.

    Smith & Topin (2019), "Super-Convergence", with the cosine of torch's ``OneCycleLR``.

    >>> [round(one_cycle(progress), 3) for progress in (0.0, 0.3, 0.65, 1.0)]
    [0.04, 1.0, 0.5, 0.0]
    """
    if progress < WARM_UP:
        return 1.0 - 0.96 * (1 + math.cos(math.pi * progress / WARM_UP)) / 2
    return (1 + math.cos(math.pi * (progress - WARM_UP) / (1 - WARM_UP))) / 2


class Averaged:
    """A copy of a model with the exponential mean of its weights over 100 steps, a tenth of a short run.

    torch's ``AveragedModel`` asks the device at every step whether it is the first, so that a GPU would wait.

    Args:
        model: What is trained; its buffers are constants.
        steps: Planned for the run.
    """

    def __init__(self, model: nn.Module, steps: int) -> None:
        self.model = copy.deepcopy(model).eval()
        self._weight = 1 / max(1, min(100, steps // 10))
        self._mean: list[Tensor] = list(self.model.parameters())
        self._newest: list[Tensor] = list(model.parameters())
        self._empty = True

    @torch.no_grad()
    def update(self) -> None:
        """Take in the weights as they are now; the first become the mean."""
        torch._foreach_lerp_(self._mean, self._newest, 1.0 if self._empty else self._weight)
        self._empty = False
