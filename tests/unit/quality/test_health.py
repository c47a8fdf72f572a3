from datetime import UTC, datetime

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.quality.observations import NOW, days, pipeline
from tsflow.frequency import Frequency
from tsflow.panel import Panel
from tsflow.quality import QualityReport, combined_health, panel_health

SETTINGS = pipeline(quality={"flat_steps": 3})


def panel(**series: dict[str, float]) -> Panel:
    rows = [(name, ds, y) for name, values in series.items() for ds, y in values.items()]
    frame = pd.DataFrame(rows, columns=["unique_id", "ds", "y"])
    return Panel.from_frame(frame, Frequency.parse("D"))


def test_gaps_flat_stretches_and_age_are_measured() -> None:
    day = days(12)
    values = dict(zip(day, [1, 1, 1, 2, 5, 5, 3, 4, 4, 4, 4, 6], strict=True))
    for missing in (day[5], day[6]):
        del values[missing]
    health = panel_health(
        panel(a=values, b={day[0]: 1.0, day[11]: 2.0}), SETTINGS, datetime(2024, 1, 14, 5, tzinfo=UTC)
    )
    assert (health.series, health.observations, health.gaps, health.series_with_gaps) == (2, 12, 12, 2)
    assert (health.series_flat, health.oldest_age) == (1, 2)
    worst, second = health.worst
    assert (worst.unique_id, worst.gaps, worst.longest_gap, worst.longest_flat) == ("b", 10, 10, 0)
    assert (second.gaps, second.longest_gap, second.flat_stretches, second.longest_flat) == (2, 2, 2, 4)
    assert (second.observations, second.age) == (10, 2)


def test_a_gap_interrupts_a_flat_stretch() -> None:
    day = days(5)
    health = panel_health(panel(a={day[0]: 7, day[1]: 7, day[3]: 7, day[4]: 7}), SETTINGS, NOW)
    assert health.series_flat == 0


def test_series_after_series_are_not_one_stretch() -> None:
    day = days(2)
    health = panel_health(panel(a={day[0]: 7, day[1]: 7}, b={day[0]: 7, day[1]: 7}), SETTINGS, NOW)
    assert health.series_flat == 0


def test_only_the_worst_series_are_named() -> None:
    day = days(3)
    many = panel(**{f"s{number}": {day[0]: 1.0, day[2]: 2.0} for number in range(50)})
    report = QualityReport().with_health(panel_health(many, SETTINGS, NOW))
    assert report.health is not None
    assert (len(report.health.worst), report.health.series_with_gaps) == (20, 50)


def test_a_grid_that_is_mostly_empty_has_a_coarser_frequency() -> None:
    months = {str(month): 1.0 for month in np.arange("2023-01", "2024-01", dtype="M8[M]").astype("M8[D]")}
    advice = "the data seem to have the frequency MS: set `frequency`"
    assert panel_health(panel(a=months), SETTINGS, NOW).seems == advice


def test_a_grid_that_is_mostly_empty_is_not_advised_to_be_what_it_is() -> None:
    middle = {str(day): 1.0 for day in np.arange("2023-01", "2024-01", dtype="M8[M]").astype("M8[D]") + 14}
    advice = "the data seem to have the frequency MS: write 2023-01-01 for 2023-01-15 and set `frequency`"
    assert panel_health(panel(a=middle), SETTINGS, NOW).seems == advice
    scattered = {str(day): 1.0 for day in np.datetime64("2023-01-01") + np.array([0, 3, 11, 40, 45, 87])}
    assert panel_health(panel(a=scattered), SETTINGS, NOW).seems is None


def test_series_without_observations_are_counted() -> None:
    nothing = np.zeros(0)
    empty = Panel.from_observations(Frequency.parse("D"), ["a"], np.array([0]), nothing.astype("M8[us]"), nothing)
    health = panel_health(empty, SETTINGS, NOW)
    assert (health.series, health.empty, health.observations, health.oldest_age) == (1, 1, 0, None)


@settings(max_examples=40)
@given(st.lists(st.lists(st.sampled_from([None, 1.0, 2.0]), min_size=1, max_size=12), min_size=1, max_size=4))
def test_measures_agree_with_a_plain_count(columns: list[list[float | None]]) -> None:
    day = days(12)
    series = {
        f"s{number}": {day[step]: y for step, y in enumerate(values) if y is not None}
        for number, values in enumerate(columns)
    }
    series = {name: values for name, values in series.items() if values}
    if not series:
        return
    named = {one.unique_id: one for one in panel_health(panel(**series), SETTINGS, NOW).worst}
    for name, values in series.items():
        steps = [day.index(one) for one in values]
        assert named[name].gaps == steps[-1] - steps[0] + 1 - len(steps)
        longest = run = 0
        for step in range(12):
            same = step > 0 and day[step] in values and values.get(day[step - 1]) == values[day[step]]
            run = run + 1 if same else int(day[step] in values)
            longest = max(longest, run)
        assert named[name].longest_flat == (longest if longest >= 3 else 0)


def test_parts_combine_to_the_whole() -> None:
    frame = pd.concat(
        [
            pd.DataFrame(
                {"unique_id": f"s{number}", "ds": days(8)[::step], "y": [float(number)] * len(days(8)[::step])}
            )
            for number, step in enumerate((1, 2, 3, 1, 4))
        ]
    )
    panel = Panel.from_frame(frame, Frequency.parse("D"))
    parts = [panel_health(panel.take(np.array(some)), SETTINGS, NOW) for some in ([0, 3], [1, 2], [4])]
    whole, together = panel_health(panel, SETTINGS, NOW), combined_health(parts)
    assert together.model_copy(update={"worst": (), "seems": None}) == whole.model_copy(
        update={"worst": (), "seems": None}
    )
    assert sorted(one.unique_id for one in together.worst) == sorted(one.unique_id for one in whole.worst)
    assert [one.burden for one in together.worst] == [one.burden for one in whole.worst]
