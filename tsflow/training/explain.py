"""What a trained network is like: how far back it looks, which lags it leans on, how fast it forecasts."""

import time
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from tsflow.models.plain import Plain
from tsflow.models.stage import Stage
from tsflow.panel import Panel
from tsflow.training.device import quick_cpu
from tsflow.training.fit import Fitted
from tsflow.training.predict import forecasts
from tsflow.training.windows import Batch, DevicePanel, Pairs

_WINDOWS, _LEADS, _PATH = 32, 8, 16
"""A sample that keeps an explanation to about a second: windows, leads, and steps of the path of attribution."""
_MOST = 0.95
_NAMED_LAGS = 5

Shares = NDArray[np.float64]
"""By lag, lag 1 first, summing to 1; shape [L]."""


@dataclass(frozen=True)
class Explanation:
    """What a retrain records of each architecture; lags count steps back from the cutoff, which is lag 1."""

    reach: int
    """The lag by which 95 % of the gradient of the forecast has accumulated: base, skip and scaling included."""
    network_reach: int | None
    """The same of the network alone, from its scaled input to its output; none without a network."""
    network_influence: list[float]
    """Each lag's share of that gradient."""
    leans_on: list[list[float]]
    """The lags that the network leans on most, with their shares of the attribution, largest first."""
    milliseconds: float
    """To forecast 1,000 series: of one core where it runs on one, else of the clock."""

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values."""
        return asdict(self)


def explain(fitted: Fitted, panel: Panel, pairs: Pairs) -> Explanation:
    """Look into a trained model on some windows; it is left as it was.

    Args:
        fitted: The model, on its device.
        panel: The series.
        pairs: Where to look, at least one; an even sample of them is used.
    """
    model, spec = fitted.model, fitted.spec
    on_device = DevicePanel(panel, next(model.parameters()).device)
    sample = pairs.take(np.unique(np.linspace(0, len(pairs) - 1, _WINDOWS).astype(np.int64)))
    windows = on_device.gather_pairs(sample, context=spec.context, horizon=spec.horizon)
    with quick_cpu(), torch.backends.cudnn.flags(enabled=False):  # cuDNN has no gradient of a recurrent net at rest
        seen = _inputs(model, windows)
        gradients = [_influence(network, x) for network, x in seen]
        attributions = [_attribution(network, x) for network, x in seen]
        whole = _shares(_whole(model, windows))
        milliseconds = _milliseconds(fitted, on_device, pairs)
    inner = _mean(gradients, spec.context) if gradients else None
    leans = _mean(attributions, spec.context) if attributions else whole
    largest = np.argsort(-leans, kind="stable")[:_NAMED_LAGS]
    return Explanation(
        reach=_reach(whole),
        network_reach=None if inner is None else _reach(inner),
        network_influence=[] if inner is None else [round(float(share), 5) for share in inner],
        leans_on=[[int(lag) + 1, round(float(leans[lag]), 4)] for lag in largest],
        milliseconds=milliseconds,
    )


@dataclass(frozen=True)
class _Network:
    """One network of the model, with the place of values and median in its input and output."""

    module: nn.Module
    token: int
    levels: int

    def medians(self, x: Tensor) -> Tensor:
        """From [N, L / token, C] to the median of each lead, [N, H]."""
        raw: Tensor = self.module(x).unflatten(1, (-1, self.levels))
        return raw[..., self.levels // 2]

    def by_lag(self, of_input: Tensor) -> Tensor:
        """The part of an array like the input that belongs to values, [N, L]."""
        return of_input[..., : self.token].flatten(1)


def _inputs(model: nn.Module, windows: Batch) -> list[tuple[_Network, Tensor]]:
    """Each network within the model, and what it is shown of the windows."""
    around = [one for one in model.modules() if isinstance(one, Stage | Plain)]
    networks = [
        _Network(one.network, one.token if isinstance(one, Stage) else 1, len(one.levels))
        for one in around
        if one.network is not None
    ]
    shown: list[Tensor] = []
    hooks = [one.module.register_forward_pre_hook(lambda _, args: shown.append(args[0].detach())) for one in networks]
    with torch.no_grad():
        model(windows.context, windows.context_observed)
    for hook in hooks:
        hook.remove()
    return list(zip(networks, shown, strict=True))


def _influence(network: _Network, x: Tensor) -> Shares:
    """Share of the gradient by lag: its size, mean over some leads, then over windows."""
    x = x.clone().requires_grad_()
    return _shares(network.by_lag(_gradients(network.medians(x), x)))


def _whole(model: nn.Module, windows: Batch) -> Tensor:
    """Size of the gradient of the whole forecast, in units of y, by step of the context, [N, L]."""
    context = windows.context.clone().requires_grad_()
    quantiles, scaling = model(context, windows.context_observed)
    median = scaling.unscale(quantiles)[..., quantiles.shape[-1] // 2]  # [N, H]
    return _gradients(median, context)


def _gradients(output: Tensor, of: Tensor) -> Tensor:
    """Mean size of the gradients of some leads of an output [N, H], shaped like ``of``."""
    leads = np.unique(np.linspace(0, output.shape[1] - 1, _LEADS).astype(int))
    parts = [torch.autograd.grad(output[:, lead].sum(), of, retain_graph=True)[0].abs() for lead in leads.tolist()]
    return torch.stack(parts).mean(0)


def _attribution(network: _Network, x: Tensor) -> Shares:
    """Share of each lag in the mean forecast, by integrated gradients from a window that stays at its level.

    Sundararajan et al. (2017), "Axiomatic Attribution for Deep Networks", eq. 1.
    """
    from captum.attr import IntegratedGradients

    level = x.clone()
    level[..., : network.token] = 0.0  # values in scaled units; what else it is told of the window stays
    method = IntegratedGradients(lambda tokens: network.medians(tokens).mean(1))
    parts = method.attribute(x, level, n_steps=_PATH, internal_batch_size=8 * len(x))
    return _shares(network.by_lag(parts).abs())


def _shares(sizes: Tensor) -> Shares:
    """From sizes by step [N, L] to the mean share by lag; a window in which nothing matters has no say."""
    total = sizes.sum(1, keepdim=True)
    shares = (sizes / torch.where(total > 0, total, 1.0)).double().sum(0).flip(0).cpu().numpy()
    whole = float(shares.sum())
    even: Shares = np.full(len(shares), 1 / len(shares))
    return shares / whole if np.isfinite(whole) and whole > 0 else even


def _mean(parts: list[Shares], context: int) -> Shares:
    """Of networks that see as much as the context, or less of it."""
    mean: Shares = np.mean([np.pad(part, (0, context - len(part))) for part in parts], axis=0)
    return mean


def _reach(shares: Shares) -> int:
    return int(np.searchsorted(np.cumsum(shares), _MOST * (1 - 1e-9))) + 1


def _milliseconds(fitted: Fitted, panel: DevicePanel, pairs: Pairs) -> float:
    """The faster of two forecasts of 1,000 series."""
    clock = time.thread_time if panel.device.type == "cpu" else time.perf_counter
    thousand = pairs.take(np.arange(1000) % len(pairs))
    spent = []
    for _ in range(2):
        start = clock()
        for part in forecasts(fitted.model, fitted.spec, panel, thousand):
            part.cpu()
        spent.append(clock() - start)
    return round(1e3 * min(spent), 2)
