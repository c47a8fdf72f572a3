import pytest
import torch
from torch import Tensor, nn

from tsflow.models.convolutional import CNN1DModel

L = 21
MIDDLE = L // 2


def test_defaults_are_the_textbook_layer_for_layer() -> None:
    model = CNN1DModel(2, 5)
    layers = [module for module in model.modules() if not list(module.children())]
    assert [type(layer) for layer in layers] == [nn.Conv1d, nn.ReLU, nn.AdaptiveMaxPool1d, nn.Linear]
    convolution, _, pool, linear = layers
    assert (convolution.in_channels, convolution.out_channels, convolution.kernel_size) == (2, 64, (3,))
    assert pool.output_size == 1
    assert (linear.in_features, linear.out_features) == (64, 5)


def test_default_follows_its_equation() -> None:
    model = CNN1DModel(2, 5)
    x = torch.randn(3, L, 2, generator=torch.Generator().manual_seed(1))
    padded = nn.functional.pad(x, (0, 0, 1, 1))
    taps = torch.stack([padded[:, tap : tap + L] for tap in range(3)], dim=-1)  # [N, L, C, 3]
    kernel, bias = model.convolutions[0].weight, model.convolutions[0].bias
    hidden = (torch.einsum("nlck,dck->nld", taps, kernel) + bias).relu().amax(1)
    torch.testing.assert_close(model(x), hidden @ model.fc.weight.T + model.fc.bias)


def moved_steps(model: CNN1DModel) -> list[int]:
    """Offsets of the steps before pooling that a change of the middle input moves."""
    model.pool = nn.Identity()
    model.fc = nn.Identity()
    x = torch.randn(1, L, 1, generator=torch.Generator().manual_seed(1), requires_grad=True)
    channels = model(x).view(-1, L)
    moved = [torch.autograd.grad(channels[:, t].sum(), x, retain_graph=True)[0][0, MIDDLE, 0] for t in range(L)]
    return [t - MIDDLE for t, gradient in enumerate(moved) if gradient != 0]


@pytest.mark.parametrize(
    ("kernel_size", "dilations", "residual", "reach"),
    [(3, (1,), False, 1), (5, (1,), False, 2), (3, (1, 2), True, 3), (3, (1, 2, 4), True, 7)],
)
def test_receptive_field_is_what_the_dilations_say(
    kernel_size: int, dilations: tuple[int, ...], residual: bool, reach: int
) -> None:
    model = CNN1DModel(1, 1, kernel_size, dilations=dilations, residual=residual)
    assert moved_steps(model) == list(range(-reach, reach + 1))


def output(length: int, pool: int) -> Tensor:
    return CNN1DModel(1, 4, pool=pool)(torch.ones(2, length, 1))


@pytest.mark.parametrize("length", [1, 2, 3, 7])
@pytest.mark.parametrize("pool", [1, 4])
def test_window_shorter_than_kernel_and_pool_works(length: int, pool: int) -> None:
    assert output(length, pool).shape == (2, 4)
