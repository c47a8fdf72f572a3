"""The loss on the tune zone, which decides when training stops and which weights are kept."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tsflow.errors import DataError
from tsflow.models import ModelSpec
from tsflow.training.losses import scaled_pinball
from tsflow.training.predict import forecasts
from tsflow.training.windows import DevicePanel, Pairs

_MOST_PAIRS = 8192
"""Pairs of one evaluation. All pairs of many series would take longer than the training in between."""


class TuneLoss:
    """Mean scaled pinball loss over the tune pairs, in units of each pair's naive error; lower is better.

    Pairs without an observed target do not count; of very many pairs an even selection does, the same for
    every architecture.

    Raises:
        DataError: If no pair has an observed target.
    """

    def __init__(self, panel: DevicePanel, spec: ModelSpec, pairs: Pairs, pair_scale: NDArray[np.float64]) -> None:
        chosen = np.arange(0, len(pairs), max(1, -(-len(pairs) // _MOST_PAIRS)))
        self._pairs = pairs.take(chosen)
        windows = panel.gather_pairs(self._pairs, context=1, horizon=spec.horizon)
        self._actual, self._observed = windows.target, windows.target_observed  # [P, H]
        self._counts = self._observed.any(dim=1)  # [P]
        if not bool(self._counts.any()):
            raise DataError("no pair of the tune zone has an observed target: tune on earlier cutoffs, or on none")
        self._scale = torch.from_numpy(pair_scale[chosen]).float().to(panel.device)
        self._levels = torch.tensor(spec.levels, device=panel.device)
        self._panel, self._spec = panel, spec

    @torch.inference_mode()
    def __call__(self, model: nn.Module) -> float:
        """The loss of a model in evaluation mode."""
        quantiles = torch.cat(list(forecasts(model, self._spec, self._panel, self._pairs)))  # [P, H, Q]
        losses = scaled_pinball(quantiles, self._actual, self._levels, self._observed, self._scale)
        return float(losses[self._counts].mean())
