"""The architectures by name, and how a model is built from its specification.

A sixth architecture is one new file, with an ``nn.Module`` from [N, L, C] to [N, output_size], and one line
here.
"""

import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import torch
from torch import nn

from tsflow.config.base import suggestion
from tsflow.errors import ConfigError
from tsflow.models.convolutional import CNN1DModel
from tsflow.models.ensemble import Ensemble
from tsflow.models.plain import Plain
from tsflow.models.quantiles import LEVELS
from tsflow.models.recurrent import GRUModel, LSTMModel, RNNModel
from tsflow.models.spec import AnySpec, EnsembleSpec, ModelSpec
from tsflow.models.stage import Stage, token_size
from tsflow.models.transformer import TransformerModel


@dataclass(frozen=True)
class NetworkShape:
    """What a network has to fit: C inputs, output_size outputs, L tokens, and how wide it is to be."""

    inputs: int
    outputs: int
    length: int
    width: int | None

    def wide(self, default: int) -> int:
        """The configured width, else ``default``."""
        return self.width or default


Builder = Callable[[NetworkShape], nn.Module]


@dataclass(frozen=True)
class Architecture:
    """One architecture: its network within the stage (none: the stage alone), and as the textbook has it."""

    name: str
    staged: Builder | None
    plain: Builder | None


def _staged_cnn(shape: NetworkShape) -> nn.Module:
    return CNN1DModel(shape.inputs, shape.outputs, channels=shape.wide(64), dilations=(1, 2), residual=True, pool=4)


def _staged_transformer(shape: NetworkShape) -> nn.Module:
    width = shape.wide(64)
    return TransformerModel(
        shape.inputs,
        width,
        _heads(width),
        2,
        shape.outputs,
        feedforward=2 * width,
        pre_norm=True,
        positions="learned",
        max_length=shape.length,
    )


def _plain_transformer(shape: NetworkShape) -> nn.Module:
    width = shape.wide(32)  # with 64, an hourly window of 168 tokens takes 0.8 s a step on one core
    return TransformerModel(
        shape.inputs, width, _heads(width), 2, shape.outputs, feedforward=4 * width, max_length=shape.length
    )


def _heads(width: int) -> int:
    return next(heads for heads in (4, 2, 1) if width % heads == 0)


ARCHITECTURES = {
    architecture.name: architecture
    for architecture in (
        Architecture(
            "rnn",
            lambda shape: RNNModel(shape.inputs, shape.wide(128), shape.outputs),
            lambda shape: RNNModel(shape.inputs, shape.wide(64), shape.outputs),
        ),
        Architecture(
            "lstm",
            lambda shape: LSTMModel(shape.inputs, shape.wide(128), shape.outputs),
            lambda shape: LSTMModel(shape.inputs, shape.wide(64), shape.outputs),
        ),
        Architecture(
            "gru",
            lambda shape: GRUModel(shape.inputs, shape.wide(128), shape.outputs),
            lambda shape: GRUModel(shape.inputs, shape.wide(64), shape.outputs),
        ),
        Architecture("cnn", _staged_cnn, lambda shape: CNN1DModel(shape.inputs, shape.outputs)),
        Architecture("transformer", _staged_transformer, _plain_transformer),
        Architecture("stage", None, None),
    )
}
"""By name; ``stage`` is the candidate without a network."""


def check_architectures(names: Iterable[str], place: str) -> None:
    """Return if all names are registered.

    Args:
        names: What a pipeline asks for.
        place: Where it does, for the message.

    Raises:
        ConfigError: If one is not, with the nearest name and all that there are.
    """
    for name in names:
        if name not in ARCHITECTURES:
            hint = suggestion(name, list(ARCHITECTURES))
            raise ConfigError(f"{place}: unknown architecture {name!r};{hint} allowed: {', '.join(ARCHITECTURES)}")


_SEEDING = threading.Lock()
"""Seeding goes through torch's one global generator; without the lock 1 in 4 builds of two threads came out wrong."""


def build(spec: AnySpec, seed: int) -> nn.Module:
    """An untrained model on the CPU; a pure function of its arguments.

    Torch's global random state is left as it was.

    Returns:
        A module ``(context [N, L], observed [N, L]) -> (quantiles [N, H, Q] in scaled units, Scaling)``
        with the attribute ``levels``.

    Raises:
        ConfigError: If the architecture is unknown, or has no network to print plainly.
    """
    if isinstance(spec, EnsembleSpec):
        return Ensemble([build(member, seed) for member in spec.members], [one.context for one in spec.members])
    check_architectures([spec.architecture], "model specification")
    with _SEEDING, torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(seed)  # torch.manual_seed would reseed the accelerators, too
        return _staged(spec) if spec.stage else _plain(spec)


def _staged(spec: ModelSpec) -> nn.Module:
    builder = ARCHITECTURES[spec.architecture].staged
    inputs = token_size(spec.token, spec.season_length, spec.context)
    shape = NetworkShape(inputs, spec.horizon * len(LEVELS), spec.context // spec.token, spec.width)
    return Stage(
        builder(shape) if builder else None,
        context=spec.context,
        horizon=spec.horizon,
        season_length=spec.season_length,
        token=spec.token,
        transform=spec.transform,
        level=spec.level,
        unit=spec.unit,
    )


def _plain(spec: ModelSpec) -> nn.Module:
    builder = ARCHITECTURES[spec.architecture].plain
    if builder is None:
        raise ConfigError(f"architecture {spec.architecture!r} has no network, so it has no plain mode")
    return Plain(builder(NetworkShape(1, spec.horizon, spec.context, spec.width)), unit=spec.unit)
