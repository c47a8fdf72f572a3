import json

import pytest

from tests.unit.quality.observations import NOW, days, hours, pipeline, raw
from tsflow.errors import QualityError
from tsflow.quality import QualityReport, screen


def test_chunks_add_up() -> None:
    first = screen(raw([*days(3), "x", "2024-01-01"], ["1", "2", "3", "4", "1"]), pipeline(), NOW)
    second = screen(raw(days(2, "2024-02-01"), ["abc", "5"]), pipeline(), NOW)
    report = QualityReport().with_chunk(first).with_chunk(second).with_merge(new=2, changed=1, same=0)
    assert (report.rows_read, report.good, report.duplicates) == (7, 3, 2)
    assert (report.new, report.changed, report.same) == (2, 1, 0)
    assert report.quarantined == {"time_unparseable": 1, "value_unparseable": 1}
    assert "'x'" in report.examples["time_unparseable"]
    assert report.bad_share == 2 / 7
    assert json.loads(report.model_dump_json())["quarantined"]["value_unparseable"] == 1


def test_conflicts_between_chunks_are_counted_too() -> None:
    report = QualityReport().with_chunk(screen(raw(days(4)), pipeline(), NOW)).with_conflicts(2, "two values")
    assert (report.good, report.quarantined, report.bad_share) == (2, {"key_conflict": 2}, 0.5)


def test_a_share_up_to_the_threshold_goes_on() -> None:
    settings = pipeline(quality={"max_bad_share": 0.5})
    report = QualityReport().with_chunk(screen(raw(["2024-01-01", "x"]), settings, NOW))
    report.raise_if_above(settings, "shop")  # raises nothing
    assert report.bad_share == 0.5


def test_a_share_above_the_threshold_stops_with_examples() -> None:
    settings = pipeline(quality={"max_bad_share": 0.4})
    report = QualityReport().with_chunk(screen(raw(["2024-01-01", "x"], ["1", "2"]), settings, NOW))
    with pytest.raises(QualityError, match=r"shop: 1 of 2 rows \(50\.0%\).*allows 40\.0%") as caught:
        report.raise_if_above(settings, "shop")
    assert "time_unparseable: 1, such as: time 'x'" in str(caught.value)


def test_a_frequency_that_does_not_fit_is_named() -> None:
    report = QualityReport().with_chunk(screen(raw(hours(48)), pipeline(), NOW))
    with pytest.raises(
        QualityError, match=r"off the grid of frequency D: the data seem to have the frequency h: set `frequency`"
    ):
        report.raise_if_above(pipeline(), "shop")


def test_nothing_good_stops_whatever_the_threshold() -> None:
    settings = pipeline(quality={"max_bad_share": 1, "missing": "gap"})
    report = QualityReport().with_chunk(screen(raw(days(2), ["", ""]), settings, NOW))
    with pytest.raises(QualityError, match=r"are bad, 2 are gaps; no row is good"):
        report.raise_if_above(settings, "shop")
