import math

import pytest
import torch
from torch import Tensor, nn

from tsflow.models.transformer import Positions, TransformerModel, sinusoidal

N, L, C, OUT = 4, 6, 3, 5
BOTH = pytest.mark.parametrize("positions", ["sinusoidal", "learned"])


def model(positions: Positions = "sinusoidal", pre_norm: bool = False) -> TransformerModel:
    return TransformerModel(C, 8, 2, 2, OUT, positions=positions, pre_norm=pre_norm, max_length=L)


def inputs() -> Tensor:
    return torch.randn(N, L, C, generator=torch.Generator().manual_seed(1))


@BOTH
def test_other_members_of_the_batch_do_not_matter(positions: Positions) -> None:
    network, x = model(positions), inputs()
    changed = torch.cat([x[:1], 100 * x[1:].flip(0)])
    torch.testing.assert_close(network(changed)[0], network(x)[0])
    torch.testing.assert_close(network(x[:1])[0], network(x)[0])


@BOTH
def test_order_matters(positions: Positions) -> None:
    network, x = model(positions), inputs()
    swapped = x[:, [1, 0, 2, 3, 4, 5]]  # the last step, which is read, stays
    assert (network(swapped) - network(x)).abs().amax() > 1e-4


def test_first_step_reaches_the_output() -> None:
    x = inputs().requires_grad_()
    model()(x).sum().backward()
    assert (x.grad[:, 0].abs() > 0).any(1).all()


def test_defaults_are_the_textbook_layer_for_layer() -> None:
    network = TransformerModel(C, 8, 2, 3, OUT)
    assert isinstance(network.embedding, nn.Linear)
    assert len(network.encoder.layers) == 3
    layer = network.encoder.layers[0]
    assert isinstance(layer, nn.TransformerEncoderLayer)
    assert layer.self_attn.batch_first
    assert (layer.linear1.out_features, layer.norm_first) == (2048, False)
    assert isinstance(network.fc, nn.Linear)


def test_attention_follows_its_equation() -> None:
    network, x = TransformerModel(C, 8, 1, 1, OUT, feedforward=16), inputs()
    layer = network.encoder.layers[0]
    h = x @ network.embedding.weight.T + network.embedding.bias + sinusoidal(L, 8)
    q, k, v = (h @ layer.self_attn.in_proj_weight.T + layer.self_attn.in_proj_bias).chunk(3, dim=-1)
    attended = torch.softmax(q @ k.transpose(1, 2) / math.sqrt(8), dim=-1) @ v
    h = layer.norm1(h + layer.self_attn.out_proj(attended))
    h = layer.norm2(h + layer.linear2(layer.linear1(h).relu()))
    torch.testing.assert_close(network(x), network.fc(h[:, -1]), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("pre_norm", [True, False])
def test_the_last_layer_is_that_of_the_encoder_read_at_the_last_position(pre_norm: bool) -> None:
    network, x = model("learned", pre_norm), inputs()
    whole = network.encoder(network.embedding(x) + network.positions[:L])
    torch.testing.assert_close(network(x), network.fc(whole[:, -1]), rtol=1e-4, atol=1e-5)


def test_sinusoidal_positions_follow_their_equation() -> None:
    table = sinusoidal(7, 5)
    assert table.shape == (7, 5)
    expected = [math.sin(3), math.cos(3), math.sin(3 / 10_000 ** (2 / 5)), math.cos(3 / 10_000 ** (2 / 5))]
    torch.testing.assert_close(table[3, :4], torch.tensor(expected))


def test_pre_norm_ends_with_a_norm() -> None:
    network = model("learned", pre_norm=True)
    assert isinstance(network.encoder.norm, nn.LayerNorm)
    assert network(inputs()).shape == (N, OUT)
