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

    first_gaps: Tensor

    def __init__(self) -> None:
        super().__init__()
        normal = torch.tensor([_FIRST_WIDTH * NormalDist().inv_cdf(level) for level in LEVELS])
        gaps = normal.diff()  # [Q - 1]
        self.register_buffer("first_gaps", torch.log(torch.expm1(gaps)), persistent=False)

    def forward(self, raw: Tensor) -> Tensor:
        """Ascending quantiles along the last axis.

        Args:
            raw: Any finite numbers, shape [N, H, Q]; entry ``MEDIAN`` is the median, the others are gaps.

        Returns:
            Shape [N, H, Q], ascending along Q (equal only where a gap is below float precision).
        """
        median = raw[..., MEDIAN : MEDIAN + 1]  # [N, H, 1]
        below = softplus(raw[..., :MEDIAN] + self.first_gaps[:MEDIAN])  # [N, H, 4]
        above = softplus(raw[..., MEDIAN + 1 :] + self.first_gaps[MEDIAN:])
        lower = median - below.flip(-1).cumsum(-1).flip(-1)
        return torch.cat([lower, median, median + above.cumsum(-1)], dim=-1)
