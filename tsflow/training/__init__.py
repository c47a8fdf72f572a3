"""Training: windows gathered by index from one flat panel, the textbook's loop, and what surrounds it."""

from tsflow.training.device import describe_device, resolve_device
from tsflow.training.fit import Fitted, fit
from tsflow.training.loop import train_model
from tsflow.training.losses import pinball_loss
from tsflow.training.predict import predict
from tsflow.training.recipe import Recipe, make_spec, plain_recipe
from tsflow.training.windows import DevicePanel, Pairs

__all__ = [
    "DevicePanel",
    "Fitted",
    "Pairs",
    "Recipe",
    "describe_device",
    "fit",
    "make_spec",
    "pinball_loss",
    "plain_recipe",
    "predict",
    "resolve_device",
    "train_model",
]
