"""The textbook as printed: no stage around the network."""

from torch import Tensor, nn

from tsflow.models.scaling import Scaling


class Plain(nn.Module):
    """A standardised window, step by step, through the network to one number for each step of the horizon.

    Called like a `tsflow.models.stage.Stage`, with one quantile level, the median.

    Args:
        network: From [N, L, 1] to [N, H].
    """

    levels: tuple[float, ...] = (0.5,)

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, context: Tensor, observed: Tensor) -> tuple[Tensor, Scaling]:
        """Forecast windows [N, L]: the point forecast in scaled units, shape [N, H, 1], and the scaling."""
        scaling = Scaling.of(context, observed, "none")
        z = scaling.scale(context.masked_fill(~observed, 0.0)).masked_fill(~observed, 0.0)  # [N, L]
        return self.network(z[..., None])[..., None], scaling
