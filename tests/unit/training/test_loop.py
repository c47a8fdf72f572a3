import pytest
import torch
from torch import nn

from tsflow.training.loop import train_model

X = torch.linspace(-1, 1, 64)[:, None]
BATCHES = [(X[:32], 3 * X[:32] + 1), (X[32:], 3 * X[32:] + 1)]


def mean_squared_error(model, batch):
    x, y = batch
    return (model(x) - y).square().mean()


def linear() -> nn.Module:
    model = nn.Linear(1, 1)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    return model


def test_train_model_learns_a_line():
    model = linear()
    history = train_model(model, BATCHES, torch.optim.Adam(model.parameters(), 0.1), mean_squared_error, 100)
    assert len(history) == 100
    assert history[-1] < 1e-3 < history[0]
    assert model.weight.item() == pytest.approx(3, abs=0.05)


def test_train_model_returns_the_mean_loss_of_each_epoch():
    model = linear()
    history = train_model(model, BATCHES, torch.optim.SGD(model.parameters(), 0.0), mean_squared_error, 1)
    assert history[0] == pytest.approx(torch.stack([mean_squared_error(model, b) for b in BATCHES]).mean().item())


def test_after_epoch_ends_the_training_when_it_says_so():
    model = linear()
    losses = []

    def enough(loss: float) -> bool:
        losses.append(loss)
        return len(losses) == 3

    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    assert train_model(model, BATCHES, optimizer, mean_squared_error, 50, after_epoch=enough) == losses


def test_after_step_is_called_after_every_step():
    model = linear()
    steps = []
    optimizer = torch.optim.SGD(model.parameters(), 0.01)
    train_model(model, BATCHES, optimizer, mean_squared_error, 3, after_step=lambda: steps.append(model.bias.item()))
    assert len(set(steps)) == 6


def test_gradients_are_clipped():
    model = linear()
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    train_model(model, [(X, X + 1e6)], optimizer, mean_squared_error, 1, clip_norm=0.5)
    moved = torch.cat([parameter.detach().flatten() for parameter in model.parameters()]).norm()
    assert moved.item() == pytest.approx(0.5, rel=1e-3)


def test_the_model_trains_in_training_mode():
    model = linear().eval()
    train_model(model, BATCHES, torch.optim.SGD(model.parameters(), 0.0), mean_squared_error, 1)
    assert model.training
