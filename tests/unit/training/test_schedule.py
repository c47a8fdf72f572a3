import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tsflow.training.schedule import Averaged, one_cycle


@given(st.floats(0, 1), st.floats(0, 1))
def test_the_rate_rises_to_its_peak_and_then_falls(first, second):
    early, late = sorted((first, second))
    if late <= 0.3:
        assert one_cycle(early) <= one_cycle(late)
    if early >= 0.3:
        assert one_cycle(early) >= one_cycle(late)
    assert 0 <= one_cycle(early) <= 1


def test_the_rate_is_that_of_torchs_one_cycle():
    model = nn.Linear(1, 1)
    optimizer = torch.optim.SGD(model.parameters(), 1.0)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, 1.0, total_steps=1000, cycle_momentum=False)
    for step in range(999):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(one_cycle(step / 1000), abs=0.01)
        optimizer.step()
        schedule.step()


@pytest.mark.parametrize(("steps", "decay"), [(5000, 0.99), (200, 0.95), (5, 0.0)])
def test_averaged_weights_follow_over_a_tenth_of_a_short_run(steps, decay):
    model = nn.Linear(1, 1, bias=False)
    average = Averaged(model, steps)
    for weight in (0.0, 1.0):
        nn.init.constant_(model.weight, weight)
        average.update()
    assert average.model.weight.item() == pytest.approx(1 - decay, abs=1e-6)
