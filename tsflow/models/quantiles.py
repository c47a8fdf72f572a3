"""The quantile levels of every forecast, and a head whose quantiles cannot cross."""

from statistics import NormalDist

import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

LEVELS = (0.025, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.975)
"""The median, and the bounds of the 50, 80, 90 and 95 % intervals."""

MEDIAN = LEVELS.index(0.5)

_FIRST_WIDTH = 0.5
"""Standard deviation, in scaled units, of the normal quantiles that an untrained head gives."""


class QuantileHead(nn.Module):
    """Turns any numbers into ascending quantiles: the median, and softplus gaps on both sides of it.

    Raw zeros give the quantiles of a normal distribution around zero, so that training starts from
    sensible widths.

    >>> QuantileHead()(torch.zeros(1, 1, len(LEVELS)))[0, 0, MEDIAN].item()
    0.0
    """

    offsets: Tensor
    """What is added to the raw gaps, and to the median nothing; shape [Q]."""
    is_median: Tensor
    """Shape [Q]."""
    sums: Tensor
    """From gaps and median to quantiles, shape [Q, Q]; one product is a third faster than flips and running sums."""

    def __init__(self) -> None:
        super().__init__()
        normal = torch.tensor([_FIRST_WIDTH * NormalDist().inv_cdf(level) for level in LEVELS])
        gaps = torch.log(torch.expm1(normal.diff()))  # [Q - 1]
        self.register_buffer("offsets", torch.cat([gaps[:MEDIAN], torch.zeros(1), gaps[MEDIAN:]]), persistent=False)
        self.register_buffer("sums", _sums(), persistent=False)
        self.register_buffer("is_median", torch.arange(len(LEVELS)) == MEDIAN, persistent=False)

    def forward(self, raw: Tensor) -> Tensor:
        """Ascending quantiles along the last axis.

        Args:
            raw: Any finite numbers, shape [N, H, Q]; entry ``MEDIAN`` is the median, the others are gaps.

        Returns:
            Shape [N, H, Q], ascending along Q (equal only where a gap is below float precision).
        """
        return torch.where(self.is_median, raw, softplus(raw + self.offsets)) @ self.sums


def _sums() -> Tensor:
    """Column j adds the median and, with their signs, the gaps between it and quantile j."""
    entry, quantile = torch.meshgrid(torch.arange(len(LEVELS)), torch.arange(len(LEVELS)), indexing="ij")
    below = (entry >= quantile) & (entry < MEDIAN)
    above = (entry <= quantile) & (entry > MEDIAN)
    return above.float() - below.float() + (entry == MEDIAN).float()
