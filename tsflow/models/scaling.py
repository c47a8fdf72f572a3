"""Level and scale of each window: what makes series of any size look alike to a network."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Transform = Literal["log", "none"]

_FLOOR = 1e-4
"""Least scale, relative to the window's largest value; float32 resolves 1e-7 of it."""
_FLOOR_FEW = 0.05
"""The same for a window of one or two observations, which say nothing about spread (M4 hourly: OWA -.004)."""
_SMALLEST = 1e-30
"""A window whose values are all smaller counts as zeros: a scale relative to them would underflow."""
_FARTHEST = 1e6
"""Most scales that a value may be away from the level: a bound on what one window adds to a loss."""
_GROWTH = 1e3
"""A forecast may exceed the window's largest value by this factor; beyond it, it is cut off."""
_LARGEST_LOG = 88.0
"""exp of it is the last power of e that float32 holds."""


@dataclass(frozen=True)
class Scaling:
    """The way from the units of y to scaled units and back, one for each of N windows.

    Scaled units are ``(t(y) - level) / scale`` with the mean and standard deviation of the window's observed
    steps (reversible instance normalisation). ``t`` is ``sign(y) log(1 + |y|)`` in a window without negative
    values if the transform is ``log``, else the identity. Always finite: a constant, short or empty window
    has a floor for its scale; one of zeros or without observations has level 0 and scale 1.

    Kim et al. (2022), "Reversible Instance Normalization for Accurate Time-Series Forecasting", eq. 1-3.
    """

    is_log: Tensor
    """Windows on the log scale, boolean, shape [N]."""
    level: Tensor
    """Shape [N], in units of ``t(y)``, like all below."""
    scale_: Tensor
    """Shape [N], positive."""
    lower: Tensor
    """Least value that ``unscale`` returns, shape [N]: 0 for a log window, which has no negative value."""
    upper: Tensor
    """Largest value that ``unscale`` returns, shape [N]."""

    @classmethod
    def of(cls, context: Tensor, observed: Tensor, transform: Transform) -> "Scaling":
        """Measure windows.

        Args:
            context: Values, shape [N, L]; entries that are not observed are ignored, even NaN.
            observed: Boolean mask, shape [N, L].
            transform: ``log`` for the log scale in the windows that have no negative value.
        """
        y = context.masked_fill(~observed, 0.0)
        is_log = (y >= 0).all(1) if transform == "log" else torch.zeros_like(observed[:, 0])
        u = torch.where(is_log[:, None], y.abs().log1p(), y)  # [N, L]
        peak = u.abs().amax(1)
        some = peak > _SMALLEST
        unit = torch.where(some, peak, 1.0)  # squares of u / unit neither overflow nor vanish
        count = observed.sum(1)
        share = observed / count.clamp(min=1)[:, None]  # [N, L], each row sums to 1
        u = u / unit[:, None]
        mean = (u * share).sum(1)
        variance = ((u - mean[:, None]).square() * share).sum(1)
        floor = torch.where(count > 2, _FLOOR, _FLOOR_FEW)
        scale = torch.where(some, variance.clamp(min=floor.square()).sqrt() * unit, 1.0)
        return cls(is_log, mean * unit, scale, *_bounds(is_log, unit))

    def scale(self, y: Tensor) -> Tensor:
        """From units of y to scaled units, shape [N, ...]; finite."""
        is_log, level, scale = (_beside(part, y) for part in (self.is_log, self.level, self.scale_))
        u = torch.where(is_log, y.sign() * y.abs().log1p(), y)
        return ((u - level) / scale).clamp(-_FARTHEST, _FARTHEST)

    def unscale(self, z: Tensor) -> Tensor:
        """From scaled units to units of y, shape [N, ...]; finite and non-decreasing in ``z``."""
        parts = (self.is_log, self.level, self.scale_, self.lower, self.upper)
        is_log, level, scale, lower, upper = (_beside(part, z) for part in parts)
        u = (level + scale * z).clamp(lower, upper)
        return torch.where(is_log, torch.expm1(torch.where(is_log, u, 0.0)), u)


def _bounds(is_log: Tensor, peak: Tensor) -> tuple[Tensor, Tensor]:
    largest = torch.finfo(peak.dtype).max / _GROWTH
    plain = peak.clamp(max=largest) * _GROWTH
    log = (peak + math.log(_GROWTH)).clamp(max=_LARGEST_LOG)
    return torch.where(is_log, 0.0, -plain), torch.where(is_log, log, plain)


def _beside(part: Tensor, whole: Tensor) -> Tensor:
    """``part`` of shape [N], shaped to broadcast against [N, ...]."""
    return part.view(-1, *([1] * (whole.dim() - 1)))
