"""Level and scale of each window: what makes series of any size look alike to a network."""

import math
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Transform = Literal["log", "power", "none"]
Level = Literal["window", "season"]

_POWER = 0.25
"""Between log and none: M4 hourly, three cutoffs, GRU .449 against .452 with log."""
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
    steps (reversible instance normalisation). In a window without negative values ``t`` is
    ``sign(y) log(1 + |y|)`` if the transform is ``log``, ``sign(y) |y|^(1/4)`` if it is ``power``; else it is the
    identity. Always finite: a constant, short or empty window has a floor for its scale; one of zeros or without
    observations has level 0 and the scale of its ``unit``.

    Kim et al. (2022), "Reversible Instance Normalization for Accurate Time-Series Forecasting", eq. 1-3.
    """

    transform: Transform
    applies: Tensor
    """Windows that are transformed, boolean, shape [N]."""
    level: Tensor
    """Shape [N], in units of ``t(y)``, like all below."""
    scale_: Tensor
    """Shape [N], positive."""
    lower: Tensor
    """Least value that ``unscale`` returns, shape [N]: 0 for a transformed window, which has no negative value."""
    upper: Tensor
    """Largest value that ``unscale`` returns, shape [N]."""

    @classmethod
    def of(
        cls,
        context: Tensor,
        observed: Tensor,
        transform: Transform,
        *,
        level_steps: int | None = None,
        unit: float = 1.0,
    ) -> "Scaling":
        """Measure windows.

        Args:
            context: Values, shape [N, L]; entries that are not observed are ignored, even NaN.
            observed: Boolean mask, shape [N, L].
            transform: What is applied to the windows that have no negative value.
            level_steps: The level is the mean of so many last steps, where any of them was observed; of all
                steps if not given.
            unit: Scale of a window of zeros, in units of y, above 0.
        """
        y = context.masked_fill(~observed, 0.0)
        applies = (y >= 0).all(1) if transform != "none" else torch.zeros_like(observed[:, 0])
        u = torch.where(applies[:, None], _forward(y, transform), y)  # [N, L]
        peak = u.abs().amax(1)
        some = peak > _SMALLEST
        size = torch.where(some, peak, 1.0)  # squares of u / size neither overflow nor vanish
        count = observed.sum(1)
        share = observed / count.clamp(min=1)[:, None]  # [N, L], each row sums to 1
        u = u / size[:, None]
        mean = (u * share).sum(1)
        variance = ((u - mean[:, None]).square() * share).sum(1)
        floor = torch.where(count > 2, _FLOOR, _FLOOR_FEW)
        of_zeros = torch.where(applies, _forward(torch.full_like(peak, unit), transform), unit)
        scale = torch.where(some, variance.clamp(min=floor.square()).sqrt() * size, of_zeros)
        level = mean if level_steps is None else _recent(u, observed, level_steps, mean)
        bound = torch.where(some, peak, of_zeros)
        return cls(transform, applies, level * size, scale, *_bounds(applies, bound, transform))

    @classmethod
    def identity(cls, context: Tensor) -> "Scaling":
        """The scaling under which scaled units are the units of y; ``context`` gives the number of windows."""
        zero = context.new_zeros(len(context))
        largest = zero + torch.finfo(context.dtype).max
        return cls("none", torch.zeros_like(zero, dtype=torch.bool), zero, zero + 1, -largest, largest)

    @property
    def relative(self) -> Tensor:
        """The scale as a share of the level in units of y, shape [N], positive: how much a window moves."""
        level = self.level.abs()
        against = torch.where(level == 0, self.scale_, level)
        if self.transform == "log":  # d log y = dy / y
            return self.scale_ / torch.where(self.applies, 1.0, against)
        factor = torch.where(self.applies, 1 / _POWER, 1.0) if self.transform == "power" else 1.0
        return factor * self.scale_ / against

    def scale(self, y: Tensor) -> Tensor:
        """From units of y to scaled units, shape [N, ...]; finite."""
        applies, level, scale = (_beside(part, y) for part in (self.applies, self.level, self.scale_))
        u = torch.where(applies, _forward(y, self.transform), y)
        return ((u - level) / scale).clamp(-_FARTHEST, _FARTHEST)

    def unscale(self, z: Tensor) -> Tensor:
        """From scaled units to units of y, shape [N, ...]; finite and non-decreasing in ``z``."""
        parts = (self.applies, self.level, self.scale_, self.lower, self.upper)
        applies, level, scale, lower, upper = (_beside(part, z) for part in parts)
        u = (level + scale * z).clamp(lower, upper)
        return torch.where(applies, _backward(torch.where(applies, u, 0.0), self.transform), u)


def _forward(y: Tensor, transform: Transform) -> Tensor:
    if transform == "log":
        return y.sign() * y.abs().log1p()
    if transform == "power":
        # The root of exactly 0 has an infinite slope; what is smaller than the shift counts as zeros anyway.
        root: Tensor = (y.abs() + _SMALLEST).sqrt().sqrt() - _SMALLEST**_POWER
        return y.sign() * root
    return y


def _backward(u: Tensor, transform: Transform) -> Tensor:
    if transform == "log":
        return torch.expm1(u)
    return u.square().square() if transform == "power" else u


def _recent(u: Tensor, observed: Tensor, steps: int, otherwise: Tensor) -> Tensor:
    """Mean of the observed ones among the last steps, shape [N]."""
    seen = observed[:, -steps:]
    count = seen.sum(1)
    mean = (u[:, -steps:] * seen).sum(1) / count.clamp(min=1)
    return torch.where(count > 0, mean, otherwise)


def _bounds(applies: Tensor, peak: Tensor, transform: Transform) -> tuple[Tensor, Tensor]:
    largest = torch.finfo(peak.dtype).max / _GROWTH
    plain = peak.clamp(max=largest) * _GROWTH
    if transform == "log":
        most = (peak + math.log(_GROWTH)).clamp(max=_LARGEST_LOG)
    else:
        most = (peak * _GROWTH**_POWER).clamp(max=largest**_POWER)
    return torch.where(applies, 0.0, -plain), torch.where(applies, most, plain)


def _beside(part: Tensor, whole: Tensor) -> Tensor:
    """``part`` of shape [N], shaped to broadcast against [N, ...]."""
    return part.view(-1, *([1] * (whole.dim() - 1)))
