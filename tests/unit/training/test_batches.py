import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.training.batches import Batches


@given(st.integers(1, 60), st.integers(1, 12))
def test_epochs_together_have_exactly_the_steps(steps, epochs):
    batches = Batches(lambda size: size, size=1, steps=steps, epochs=epochs)
    passes = [len(list(batches)) for _ in range(batches.epochs)]
    assert sum(passes) == steps
    assert len(passes) <= epochs
    assert batches.finished
    assert max(passes[:-1], default=passes[0]) == passes[0] >= passes[-1]


def test_a_batch_that_did_not_fit_is_replaced_by_one_of_half_the_size():
    batches = Batches(lambda size: size, size=8, steps=4, epochs=2)
    seen = []
    for size in batches:
        seen.append(size)
        break
    batches.halve()
    while batches.epochs:
        seen.extend(batches)
    assert seen == [8, 4, 4, 4, 4]
    assert batches.taken == 4


def test_a_time_budget_that_is_over_ends_the_run_after_one_step():
    batches = Batches(lambda size: size, size=1, steps=1000, epochs=10, time_budget=1e-9)
    assert list(batches) == [1]
    assert batches.progress == 1.0


def test_without_a_time_budget_progress_is_that_of_the_steps():
    batches = Batches(lambda size: size, size=1, steps=10, epochs=5)
    list(batches)
    assert batches.progress == pytest.approx(0.2)
