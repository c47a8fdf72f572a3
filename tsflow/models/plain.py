"""The textbook as printed: no stage around the network."""

from torch import Tensor, nn

from tsflow.models.scaling import Scaling


class Plain(nn.Module):
    """A standardised window, step by step, through the network to one number for each step of the horizon.

    Called like a `tsflow.models.stage.Stage`, with one quantile level, the median.

    Args:
        network: From [N, L, 1] to [N, H].
        unit: Scale of a window of zeros, in units of y.
    """

    levels: tuple[float, ...] = (0.5,)

    def __init__(self, network: nn.Module, unit: float = 1.0) -> None:
        super().__init__()
        self.network = network
        self.unit = unit

    def forward(self, context: Tensor, observed: Tensor) -> tuple[Tensor, Scaling]:
        """Forecast windows [N, L]: the point forecast in scaled units, shape [N, H, 1], and the scaling."""
        scaling = Scaling.of(context, observed, "none", unit=self.unit)
        z = scaling.scale(context.masked_fill(~observed, 0.0)).masked_fill(~observed, 0.0)  # [N, L]
        return self.network(z[..., None])[..., None], scaling
