"""Several models that forecast as one: the mean of their quantiles."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from tsflow.models.scaling import Scaling


class Ensemble(nn.Module):
    """The mean of each quantile over the members, taken in units of y, since each member has scaled units of its own.

    Called like a `tsflow.models.stage.Stage`. Means of ascending quantiles ascend.

    Args:
        members: Modules with the same horizon and levels.
        contexts: Steps that each member sees; it is shown the last ones of the window.
    """

    def __init__(self, members: Sequence[nn.Module], contexts: Sequence[int]) -> None:
        super().__init__()
        self.members = nn.ModuleList(members)
        self.contexts = tuple(contexts)

    def forward(self, context: Tensor, observed: Tensor) -> tuple[Tensor, Scaling]:
        """Forecast windows [N, L]: quantiles in units of y, shape [N, H, Q], and a scaling that leaves them so."""
        forecasts = []
        for member, steps in zip(self.members, self.contexts, strict=True):
            quantiles, scaling = member(context[:, -steps:], observed[:, -steps:])
            forecasts.append(scaling.unscale(quantiles))
        return torch.stack(forecasts).mean(0), Scaling.identity(context)
