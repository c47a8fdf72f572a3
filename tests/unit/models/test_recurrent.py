"""Each recurrent network against its equations, computed by hand from the weights."""

import torch
from torch import Tensor, nn

from tsflow.models.recurrent import GRUModel, LSTMModel, RNNModel

N, L, C, HIDDEN, OUT = 3, 4, 2, 5, 6


def inputs() -> Tensor:
    return torch.randn(N, L, C, generator=torch.Generator().manual_seed(1))


def sums(cell: nn.RNNBase, x: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """W_x x + b_x and W_h h + b_h."""
    weights = dict(cell.named_parameters())
    return (
        x @ weights["weight_ih_l0"].T + weights["bias_ih_l0"],
        h @ weights["weight_hh_l0"].T + weights["bias_hh_l0"],
    )


def decoded(model: nn.Module, h: Tensor) -> Tensor:
    return h @ model.fc.weight.T + model.fc.bias


def test_rnn_follows_its_equation() -> None:
    model, x, h = RNNModel(C, HIDDEN, OUT), inputs(), torch.zeros(N, HIDDEN)
    for step in range(L):
        from_x, from_h = sums(model.rnn, x[:, step], h)
        h = torch.tanh(from_x + from_h)
    torch.testing.assert_close(model(x), decoded(model, h))


def test_lstm_follows_its_equations() -> None:
    model, x, h, c = LSTMModel(C, HIDDEN, OUT), inputs(), torch.zeros(N, HIDDEN), torch.zeros(N, HIDDEN)
    for step in range(L):
        i, f, g, o = sum(sums(model.lstm, x[:, step], h)).chunk(4, dim=1)
        c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
        h = torch.sigmoid(o) * torch.tanh(c)
    torch.testing.assert_close(model(x), decoded(model, h))


def test_gru_follows_its_equations() -> None:
    model, x, h = GRUModel(C, HIDDEN, OUT), inputs(), torch.zeros(N, HIDDEN)
    for step in range(L):
        from_x, from_h = (part.chunk(3, dim=1) for part in sums(model.gru, x[:, step], h))
        r, z = (torch.sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
        n = torch.tanh(from_x[2] + r * from_h[2])
        h = (1 - z) * n + z * h
    torch.testing.assert_close(model(x), decoded(model, h))


def test_more_layers_stack() -> None:
    model = GRUModel(C, HIDDEN, OUT, num_layers=2)
    assert model.gru.num_layers == 2
    assert model(inputs()).shape == (N, OUT)
