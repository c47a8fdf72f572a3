import math

import pytest
import torch
from hypothesis import given

from tests.unit.models.windows import Window, windows
from tsflow.models.scaling import Scaling
from tsflow.models.window_statistics import window_statistics


def statistics(values: list[float], observed: list[bool], lags: tuple[int, ...] = (1, 2)) -> list[float]:
    context, mask = torch.tensor([values]), torch.tensor([observed])
    scaling = Scaling.of(context, mask, "none")
    z = scaling.scale(context).masked_fill(~mask, 0.0)
    return window_statistics(z, mask, scaling, lags)[0].tolist()


def test_statistics_are_what_they_say() -> None:
    level, relative, share, rough_1, rough_2 = statistics([1.0, 3.0, 1.0, 3.0], [True] * 4)
    assert level == pytest.approx(0.2)  # mean 2, deviation 1
    assert relative == pytest.approx(math.log(1 / 2))
    assert (share, rough_1, rough_2) == pytest.approx((1, 2, 0))


def test_roughness_counts_only_observed_pairs() -> None:
    _, _, share, rough_1, rough_2 = statistics([1.0, 3.0, 9.0, 3.0], [True, True, False, True])
    assert share == pytest.approx(0.75)
    z_step = 2 / math.sqrt(8 / 9)  # of 1, 3, 3: deviation sqrt(8) / 3
    assert rough_1 == pytest.approx(z_step, rel=1e-5)
    assert rough_2 == pytest.approx(0)


def test_roughness_without_any_pair_is_1() -> None:
    assert statistics([1.0, 3.0, 9.0, 3.0], [True, False, False, False])[3:] == [1, 1]


@given(windows(8))
def test_statistics_of_any_window_are_bounded(window: Window) -> None:
    context, observed = window
    scaling = Scaling.of(context, observed, "log")
    z = scaling.scale(context.masked_fill(~observed, 0.0)).masked_fill(~observed, 0.0)
    values = window_statistics(z, observed, scaling, (1, 4))
    assert (values.abs() <= 10).all()
