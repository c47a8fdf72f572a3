"""The Transformer encoder."""

import math
from typing import Literal, cast

import torch
from torch import Tensor, nn

Positions = Literal["sinusoidal", "learned"]


class TransformerModel(nn.Module):
    """Embed, add positions, self-attention over time, decode the last position.

    Attention is ``softmax(Q K^T / sqrt(d)) V``. Two faults of the textbook's version are mended: the batch
    comes first, else attention runs across the batch, and positions are added, else order is invisible.
    ``pre_norm`` normalises before each block rather than after it; ``max_length`` bounds a window's tokens.

    Vaswani et al. (2017), "Attention Is All You Need", eq. 1 and 3.5; pre-norm by Xiong et al. (2020).
    """

    positions: Tensor

    def __init__(
        self,
        input_size: int,
        d_model: int,
        nhead: int,
        num_layers: int,
        output_size: int,
        *,
        feedforward: int = 2048,
        dropout: float = 0.0,
        pre_norm: bool = False,
        positions: Positions = "sinusoidal",
        max_length: int = 5000,
    ) -> None:
        super().__init__()
        self.embedding = nn.Linear(input_size, d_model)
        if positions == "learned":
            self.positions = nn.Parameter(0.02 * torch.randn(max_length, d_model))
        else:
            self.register_buffer("positions", sinusoidal(max_length, d_model), persistent=False)
        layer = nn.TransformerEncoderLayer(d_model, nhead, feedforward, dropout, batch_first=True, norm_first=pre_norm)
        norm = nn.LayerNorm(d_model) if pre_norm else None
        self.encoder = nn.TransformerEncoder(layer, num_layers, norm, enable_nested_tensor=False)
        self.fc = nn.Linear(d_model, output_size)

    def forward(self, x: Tensor) -> Tensor:
        """From [N, L, C] to [N, output_size]; L is at most ``max_length``."""
        tokens = self.embedding(x) + self.positions[: x.shape[1]]  # [N, L, d_model]
        for layer in self.encoder.layers[:-1]:
            tokens = layer(tokens)
        last = _last_position(cast(nn.TransformerEncoderLayer, self.encoder.layers[-1]), tokens)  # [N, d_model]
        decoded: Tensor = self.fc(self.encoder.norm(last) if self.encoder.norm else last)
        return decoded


def _last_position(layer: nn.TransformerEncoderLayer, x: Tensor) -> Tensor:
    """What ``layer(x)[:, -1]`` is, [N, d_model], without the other positions, which nobody reads."""
    seen = layer.norm1(x) if layer.norm_first else x
    attended = layer.self_attn(seen[:, -1:], seen, seen, need_weights=False)[0][:, 0]
    last = x[:, -1] + layer.dropout1(attended)
    last, between = (last, layer.norm2(last)) if layer.norm_first else (layer.norm1(last),) * 2
    fed = layer.linear2(layer.dropout(layer.activation(layer.linear1(between))))
    last = last + layer.dropout2(fed)
    return last if layer.norm_first else cast(Tensor, layer.norm2(last))


def sinusoidal(length: int, d_model: int) -> Tensor:
    """Sines and cosines of geometrically falling frequency, [length, d_model]; Vaswani et al., 3.5."""
    frequency = torch.exp(torch.arange(0, d_model, 2) * (-math.log(10_000.0) / d_model))
    angles = torch.arange(length)[:, None] * frequency  # [length, d_model / 2]
    return torch.stack([angles.sin(), angles.cos()], dim=-1).flatten(1)[:, :d_model]
