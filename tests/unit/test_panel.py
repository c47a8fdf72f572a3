from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tsflow.errors import DataError
from tsflow.frequency import Frequency
from tsflow.panel import Panel

FREQUENCIES = ("15min", "h", "D", "B", "W-MON", "MS", "ME", "QS", "QE-NOV", "YE")


@dataclass
class Case:
    """Observations by series and position: the plain form that a panel is compared with."""

    frequency: Frequency
    series: dict[str, dict[int, float]]

    def frame(self) -> pd.DataFrame:
        rows = [(name, position, y) for name, steps in self.series.items() for position, y in steps.items()]
        frame = pd.DataFrame(rows, columns=["unique_id", "position", "y"]).astype({"position": "int64", "y": float})
        return frame.assign(ds=self.frequency.timestamp(frame["position"].to_numpy())).drop(columns="position")

    def panel(self) -> Panel:
        """From observations, so that series without any are kept."""
        ordered = [sorted(steps.items()) for steps in self.series.values()]
        flat = [item for steps in ordered for item in steps]
        positions = np.array([position for position, _ in flat], dtype=np.int64)
        return Panel.from_observations(
            self.frequency,
            list(self.series),
            np.array([len(steps) for steps in ordered], dtype=np.int64),
            self.frequency.timestamp(positions),
            np.array([y for _, y in flat], dtype=np.float64),
        )


steps = st.dictionaries(st.integers(-40, 40), st.floats(-1e6, 1e6, width=32), max_size=12)
cases = st.builds(
    Case,
    st.sampled_from(FREQUENCIES).map(Frequency.parse),
    st.dictionaries(st.text("abcdef", min_size=1, max_size=3), steps, max_size=5),
)


def observed(panel: Panel) -> dict[str, dict[int, float]]:
    """The observations of a panel, step by step, having checked what every panel promises."""
    assert panel.offsets[0] == 0
    assert panel.offsets[-1] == len(panel.values) == len(panel.observed)
    assert (panel.lengths >= 0).all()
    assert np.isfinite(panel.values).all()
    assert (panel.values[~panel.observed] == 0).all()
    found: dict[str, dict[int, float]] = {}
    for index, name in enumerate(panel.unique_ids):
        values, mask = panel.series(index)
        assert len(values) == 0 or (mask[0] and mask[-1])
        positions = panel.first[index] + np.arange(len(values))
        found[str(name)] = dict(zip(positions[mask].tolist(), values[mask].tolist(), strict=True))
    return found


@given(cases)
def test_a_panel_holds_exactly_the_observations(case: Case) -> None:
    assert observed(case.panel()) == case.series


@given(cases, st.randoms())
def test_from_frame_and_to_frame_are_inverse(case: Case, random: object) -> None:
    frame = case.frame()
    order = random.sample(range(len(frame)), len(frame))
    panel = Panel.from_frame(frame.iloc[order], case.frequency)
    assert observed(panel) == {name: steps for name, steps in sorted(case.series.items()) if steps}
    expected = frame.sort_values(["unique_id", "ds"])[["unique_id", "ds", "y"]].reset_index(drop=True)
    pd.testing.assert_frame_equal(panel.to_frame(), expected, check_dtype=False)


@given(cases, st.data())
def test_until_keeps_what_was_known_at_each_cutoff(case: Case, data: st.DataObject) -> None:
    panel = case.panel()
    cutoffs = data.draw(st.lists(st.integers(-45, 45), min_size=len(panel), max_size=len(panel)))
    known = panel.until(np.array(cutoffs, dtype=np.int64))
    assert observed(known) == {
        name: {position: y for position, y in steps.items() if position <= cutoff}
        for (name, steps), cutoff in zip(case.series.items(), cutoffs, strict=True)
    }
    assert (known.last <= cutoffs)[known.lengths > 0].all()


@given(cases, st.integers(-45, 45))
def test_until_takes_one_cutoff_for_all(case: Case, cutoff: int) -> None:
    panel = case.panel()
    each = panel.until(np.full(len(panel), cutoff))
    assert observed(panel.until(np.int64(cutoff))) == observed(each)


@given(cases, st.data())
def test_take_gives_the_chosen_series_in_order(case: Case, data: st.DataObject) -> None:
    panel = case.panel()
    chosen = data.draw(st.lists(st.sampled_from(range(len(panel))), unique=True) if len(panel) else st.just([]))
    part = panel.take(np.array(chosen, dtype=np.int64))
    names = list(case.series)
    assert part.unique_ids.tolist() == [names[index] for index in chosen]
    assert part.series_ids.tolist() == chosen
    assert observed(part) == {names[index]: case.series[names[index]] for index in chosen}


@given(cases, st.data())
def test_take_by_mask_keeps_the_order(case: Case, data: st.DataObject) -> None:
    panel = case.panel()
    mask = np.array(data.draw(st.lists(st.booleans(), min_size=len(panel), max_size=len(panel))), dtype=bool)
    assert observed(panel.take(mask)) == observed(panel.take(np.flatnonzero(mask)))


@given(cases)
def test_timestamps_are_the_grid(case: Case) -> None:
    panel = case.panel()
    positions = case.frequency.position(panel.timestamps())
    expected = [panel.first[i] + np.arange(length) for i, length in enumerate(panel.lengths)]
    assert positions.tolist() == (np.concatenate(expected).tolist() if expected else [])


@given(cases)
def test_last_is_the_position_of_the_last_observation(case: Case) -> None:
    panel = case.panel()
    for index, steps in enumerate(case.series.values()):
        assert panel.last[index] == (max(steps) if steps else panel.first[index] - 1)


def frame(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["unique_id", "ds", "y"])


def test_a_row_without_a_value_is_a_gap() -> None:
    rows = frame(("a", "2024-01-01", 1.0), ("a", "2024-02-01", np.nan), ("a", "2024-03-01", 3.0))
    panel = Panel.from_frame(rows, Frequency.parse("MS"))
    assert panel.values.tolist() == [1.0, 0.0, 3.0]
    assert panel.observed.tolist() == [True, False, True]


def test_an_empty_frame_is_an_empty_panel() -> None:
    panel = Panel.from_frame(frame(), Frequency.parse("h"))
    assert len(panel) == 0
    assert panel.to_frame().empty
    assert len(panel.until(np.int64(0))) == 0
    assert len(panel.take(np.array([], dtype=np.int64))) == 0


def test_a_duplicate_is_an_error() -> None:
    with pytest.raises(DataError, match="not strictly ascending"):
        Panel.from_frame(frame(("a", "2024-01-01", 1.0), ("a", "2024-01-01", 2.0)), Frequency.parse("MS"))


def test_a_timestamp_off_the_grid_is_an_error_that_shows_it() -> None:
    with pytest.raises(DataError, match="1 timestamps are not on the grid of MS, the first: 2024-01-02"):
        Panel.from_frame(frame(("a", "2024-01-01", 1.0), ("a", "2024-01-02", 2.0)), Frequency.parse("MS"))


def test_unsorted_observations_are_an_error_in_a_series_but_not_between_series() -> None:
    daily = Frequency.parse("D")
    ds = np.array(["2024-01-02", "2024-01-01"], dtype="M8[us]")
    y = np.array([1.0, 2.0])
    assert len(Panel.from_observations(daily, ["a", "b"], np.array([1, 1]), ds, y)) == 2
    with pytest.raises(DataError, match="not strictly ascending"):
        Panel.from_observations(daily, ["a"], np.array([2]), ds, y)


@given(st.integers(2, 6), st.data())
def test_any_disorder_within_a_series_is_found(count: int, data: st.DataObject) -> None:
    positions = data.draw(st.lists(st.integers(0, 5), min_size=count, max_size=count))
    daily = Frequency.parse("D")
    ascending = all(a < b for a, b in pairwise(positions))
    stamps = daily.timestamp(np.array([0, *positions, 3]))
    counts = np.array([1, count, 1])

    def build() -> Panel:
        return Panel.from_observations(daily, ["a", "b", "c"], counts, stamps, np.zeros(count + 2))

    if ascending:
        assert build().lengths.tolist() == [1, positions[-1] - positions[0] + 1, 1]
    else:
        with pytest.raises(DataError):
            build()
