"""How the learning rate and the averaging of weights go over a run."""

import math

from torch import nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

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


def averaged(model: nn.Module, steps: int) -> AveragedModel:
    """A copy of the model with the exponential mean of its weights over 100 steps, a tenth of a short run."""
    decay = 1 - 1 / max(1, min(100, steps // 10))
    return AveragedModel(model, multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]
