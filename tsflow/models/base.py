"""The forecast that a network only has to correct: seasonal naive, else the last value."""

import torch
from torch import Tensor


def seasonal_base(z: Tensor, observed: Tensor, season_length: int, horizon: int) -> Tensor:
    """Repeat the last season over the horizon, shape [N, H].

    A step of the season that was not observed is taken from the latest earlier season of the window that has
    it, else it is the last observed value. A window shorter than a season repeats its last observed value.

    Args:
        z: Scaled context, 0 (the level) where not observed, shape [N, L].
        observed: Boolean mask, shape [N, L].
        season_length: Steps in a season.
        horizon: Steps to forecast, H.
    """
    latest, _ = _latest(z, observed)  # [N]
    seasons = z.shape[1] // season_length
    if season_length == 1 or seasons == 0:
        return latest[:, None].expand(-1, horizon)
    whole = seasons * season_length
    shape = (len(z), seasons, season_length)
    steps = z[:, -whole:].reshape(shape).transpose(1, 2)  # [N, season, seasons]
    seen = observed[:, -whole:].reshape(shape).transpose(1, 2)
    value, found = _latest(steps, seen)  # [N, season]
    season = torch.where(found, value, latest[:, None])
    return season[:, torch.arange(horizon, device=z.device) % season_length]


def _latest(values: Tensor, observed: Tensor) -> tuple[Tensor, Tensor]:
    """The last observed entry along the last axis, and whether there is one; else the very first entry."""
    order = torch.arange(1, values.shape[-1] + 1, device=values.device)
    rank, index = (observed * order).max(-1, keepdim=True)
    return values.gather(-1, index).squeeze(-1), rank.squeeze(-1) > 0
