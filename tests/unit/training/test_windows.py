import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.training.panels import Steps, panel_of, panels
from tsflow.errors import DataError
from tsflow.training.windows import DevicePanel, Pairs, TrainingWindows

CPU = torch.device("cpu")
lengths = st.integers(1, 6)


def expected_window(steps: Steps, positions: range) -> tuple[list[float], list[bool]]:
    return [steps.get(position, 0.0) for position in positions], [position in steps for position in positions]


def useful_cutoffs(
    series: list[dict[int, float]], context: int, horizon: int, last_target: int
) -> set[tuple[int, int]]:
    """The definition of a training window, by brute force."""
    useful = {
        (index, cutoff)
        for index, steps in enumerate(series)
        for cutoff in range(-40, 40)
        if sum(step in steps for step in range(cutoff - context + 1, cutoff + 1)) >= min(2, context)
        and any(step in steps for step in range(cutoff + 1, min(cutoff + horizon, last_target) + 1))
    }
    whole = {(index, cutoff) for index, cutoff in useful if cutoff - context + 1 >= min(series[index])}
    return whole if len(whole) >= len(useful) / 2 else useful


@given(panels.filter(any), lengths, lengths, st.data())
def test_gather_equals_a_lookup_step_by_step(series, context, horizon, data):
    index = data.draw(st.integers(0, len(series) - 1), "series")
    cutoff = data.draw(st.integers(-25, 25), "cutoff")
    last_target = data.draw(st.integers(-25, 25), "last target")
    batch = DevicePanel(panel_of(series), CPU).gather(
        torch.tensor([index]),
        torch.tensor([cutoff]),
        context=context,
        horizon=horizon,
        last_target=torch.full((len(series),), last_target),
    )
    values, observed = expected_window(series[index], range(cutoff - context + 1, cutoff + 1))
    assert batch.context.tolist() == [values]
    assert batch.context_observed.tolist() == [observed]
    allowed = {position: y for position, y in series[index].items() if position <= last_target}
    values, observed = expected_window(allowed, range(cutoff + 1, cutoff + horizon + 1))
    assert batch.target.tolist() == [values]
    assert batch.target_observed.tolist() == [observed]


@given(panels, lengths, lengths, st.integers(-25, 25))
def test_training_windows_are_those_with_context_and_target(series, context, horizon, last_target):
    panel = panel_of(series)
    expected = useful_cutoffs(series, context, horizon, last_target)
    limits = np.full(len(series), last_target)
    if not expected:
        with pytest.raises(DataError, match="no window to train on"):
            TrainingWindows(panel, context=context, horizon=horizon, last_target=limits)
        return
    windows = TrainingWindows(panel, context=context, horizon=horizon, last_target=limits)
    found = [part.tolist() for part in windows.at(torch.arange(len(windows)))]
    assert len(windows) == len(expected)
    assert set(zip(*found, strict=True)) == expected


def test_training_windows_have_a_limit_of_their_own_for_each_series():
    series = [dict.fromkeys(range(10), 1.0)] * 2
    windows = TrainingWindows(panel_of(series), context=3, horizon=2, last_target=np.array([4, 9]))
    index, cutoff = windows.at(torch.arange(len(windows)))
    assert [int(cutoff[index == one].max()) for one in (0, 1)] == [3, 8]


def test_training_windows_of_many_blocks_are_those_of_one(monkeypatch):
    panel = panel_of([dict.fromkeys(range(start, start + 12), 1.0) for start in range(5)] + [{}])
    whole = TrainingWindows(panel, context=3, horizon=2)
    monkeypatch.setattr("tsflow.training.windows._BLOCK", 25)
    parts = TrainingWindows(panel, context=3, horizon=2)
    numbers = torch.arange(len(whole))
    assert all(torch.equal(*pair) for pair in zip(whole.at(numbers), parts.at(numbers), strict=True))


def test_a_panel_without_series_has_no_training_window():
    with pytest.raises(DataError, match="no window to train on"):
        TrainingWindows(panel_of([{0: 1.0}]).take(np.array([False])), context=3, horizon=2)


def test_windows_are_drawn_uniformly_over_windows_and_not_over_series():
    series = [dict.fromkeys(range(11), 1.0), dict.fromkeys(range(101), 1.0)]
    windows = TrainingWindows(panel_of(series), context=4, horizon=3)
    index, cutoff = windows.draw(20_000, torch.Generator().manual_seed(0))
    assert len(windows) == 7 + 97  # those whose context begins within the series
    assert abs(float((index == 0).float().mean()) - 7 / 104) < 0.01
    counts = torch.bincount(cutoff[index == 1], minlength=100)[3:]
    assert counts.min() > 100  # 185 expected of each


def test_the_same_seed_draws_the_same_windows():
    windows = TrainingWindows(panel_of([dict.fromkeys(range(50), 1.0)]), context=4, horizon=3)
    first, second = (windows.draw(100, torch.Generator().manual_seed(5)) for _ in range(2))
    assert all(torch.equal(one, other) for one, other in zip(first, second, strict=True))


def test_pairs_are_taken_in_the_given_order():
    pairs = Pairs(np.array([0, 1, 2]), np.array([7, 8, 9])).take(np.array([2, 0]))
    assert (pairs.series.tolist(), pairs.cutoff.tolist(), len(pairs)) == ([2, 0], [9, 7], 2)


def test_a_panel_without_observations_cannot_be_put_on_a_device():
    with pytest.raises(DataError, match="no series has an observation"):
        DevicePanel(panel_of([{}]), CPU)


def test_a_panel_of_read_only_arrays_can_be_put_on_a_device():
    panel = panel_of([{0: 1.0, 1: 2.0}])
    panel.values.setflags(write=False)
    batch = DevicePanel(panel, CPU).gather_pairs(Pairs(np.array([0]), np.array([0])), context=1, horizon=1)
    assert batch.target.tolist() == [[2.0]]
