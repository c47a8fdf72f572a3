"""What surrounds all five networks equally, and forecasts even without one."""

import torch
from torch import Tensor, nn

from tsflow.models.base import seasonal_base
from tsflow.models.quantiles import LEVELS, QuantileHead
from tsflow.models.scaling import Level, Scaling, Transform
from tsflow.models.window_statistics import roughness_lags, window_statistics


class Stage(nn.Module):
    """Scale each window, cut it into tokens, add base, skip and network; quantiles that cannot cross.

    The median of the forecast, in scaled units, is ``base + W z + network``: the seasonal base, a linear map
    of the scaled context that starts at zero, and the network's correction. The network also gives the gaps
    between the quantiles; without one, they are learned constants.

    Args:
        network: From tokens [N, L / token, token + statistics] to [N, H * Q]; none for base and skip alone.
        context: Steps of a window, L.
        horizon: Steps to forecast, H.
        season_length: Steps in a season.
        token: Steps in a token; divides ``context``.
        transform: Applied where no value of the window is negative.
        level: Mean of the whole window, or of its last season.
        unit: Scale of a window of zeros, in units of y.
    """

    levels: tuple[float, ...] = LEVELS

    def __init__(
        self,
        network: nn.Module | None,
        *,
        context: int,
        horizon: int,
        season_length: int,
        token: int,
        transform: Transform,
        level: Level = "window",
        unit: float = 1.0,
    ) -> None:
        super().__init__()
        self.network = network
        self.horizon = horizon
        self.season_length = season_length
        self.token = token
        self.transform = transform
        self.unit = unit
        self.level_steps = season_length if level == "season" else None
        self.lags = roughness_lags(season_length, context)
        # Validation OWA on M4 hourly (GRU): .468; .482 with a skip to every quantile, .494 without any.
        self.skip = nn.Linear(context, horizon, bias=False)
        nn.init.zeros_(self.skip.weight)
        self.head = QuantileHead()
        if network is None:
            self.constant = nn.Parameter(torch.zeros(horizon, len(LEVELS)))

    def forward(self, context: Tensor, observed: Tensor) -> tuple[Tensor, Scaling]:
        """Forecast windows.

        Args:
            context: Values in units of y, shape [N, L]; entries that are not observed are ignored, even NaN.
            observed: Boolean mask, shape [N, L].

        Returns:
            Quantiles in scaled units, shape [N, H, Q], ascending along Q, and the scaling that takes them
            back to units of y.
        """
        scaling = Scaling.of(context, observed, self.transform, level_steps=self.level_steps, unit=self.unit)
        z = scaling.scale(context.masked_fill(~observed, 0.0)).masked_fill(~observed, 0.0)  # [N, L]
        centre = seasonal_base(z, observed, self.season_length, self.horizon) + self.skip(z)  # [N, H]
        quantiles = self.head(self._raw(z, observed, scaling))  # [N, H, Q]
        return quantiles + centre[..., None], scaling

    def _raw(self, z: Tensor, observed: Tensor, scaling: Scaling) -> Tensor:
        if self.network is None:
            return self.constant.expand(len(z), -1, -1)
        statistics = window_statistics(z, observed, scaling, self.lags)
        tokens = z.view(len(z), -1, self.token)  # [N, L / token, token]
        beside = statistics[:, None].expand(-1, tokens.shape[1], -1)
        raw: Tensor = self.network(torch.cat([tokens, beside], dim=-1))
        return raw.view(len(z), self.horizon, len(LEVELS))


def token_size(token: int, season_length: int, context: int) -> int:
    """Channels of a token with its window statistics, the ``input_size`` of a network inside a `Stage`."""
    return token + 3 + len(roughness_lags(season_length, context))
