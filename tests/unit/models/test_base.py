import torch
from torch import Tensor

from tsflow.models.base import seasonal_base


def base(values: list[float], gaps: tuple[int, ...] = (), season_length: int = 3, horizon: int = 5) -> list[float]:
    z, observed = torch.tensor([values]), torch.ones(1, len(values), dtype=torch.bool)
    observed[:, list(gaps)] = False
    forecast: Tensor = seasonal_base(z.masked_fill(~observed, 0.0), observed, season_length, horizon)
    return forecast[0].tolist()


def test_last_season_is_repeated() -> None:
    assert base([9, 1, 2, 3, 4, 5, 6]) == [4, 5, 6, 4, 5]


def test_gap_falls_back_to_an_earlier_season() -> None:
    assert base([9, 1, 2, 3, 4, 5, 6], gaps=(5,)) == [4, 2, 6, 4, 2]


def test_step_seen_in_no_season_gets_the_last_value() -> None:
    assert base([9, 1, 2, 3, 4, 5, 6], gaps=(2, 5)) == [4, 6, 6, 4, 6]


def test_last_value_skips_gaps() -> None:
    assert base([1, 2, 3, 4], gaps=(3,), season_length=1) == [3] * 5


def test_window_shorter_than_a_season_repeats_its_last_value() -> None:
    assert base([1, 2], season_length=3) == [2] * 5


def test_unobserved_window_stays_at_its_level() -> None:
    assert base([7, 7, 7], gaps=(0, 1, 2)) == [0] * 5
