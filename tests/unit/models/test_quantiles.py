from statistics import NormalDist

import numpy as np
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from tsflow.models.quantiles import LEVELS, MEDIAN, QuantileHead

RAW = arrays(np.float32, (2, 3, len(LEVELS)), elements=st.floats(-1e6, 1e6, width=32))


@given(RAW)
def test_quantiles_never_cross(raw: np.ndarray) -> None:
    quantiles = QuantileHead()(torch.from_numpy(raw))
    assert quantiles.isfinite().all()
    assert (quantiles.diff(dim=-1) >= 0).all()


@given(RAW)
def test_median_is_the_raw_median(raw: np.ndarray) -> None:
    assert torch.equal(QuantileHead()(torch.from_numpy(raw))[..., MEDIAN], torch.from_numpy(raw)[..., MEDIAN])


def test_untrained_head_gives_normal_quantiles() -> None:
    quantiles = QuantileHead()(torch.zeros(1, 1, len(LEVELS)))[0, 0]
    expected = torch.tensor([0.5 * NormalDist().inv_cdf(level) for level in LEVELS])
    torch.testing.assert_close(quantiles, expected, rtol=1e-5, atol=1e-6)


def test_levels_ascend_and_hold_the_intervals() -> None:
    assert list(LEVELS) == sorted(LEVELS)
    assert {0.025, 0.1, 0.5, 0.9, 0.975} <= set(LEVELS)
