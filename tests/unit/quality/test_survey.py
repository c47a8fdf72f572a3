from datetime import UTC, datetime

from tests.unit.quality.observations import NOW, days, hours, pipeline, raw
from tsflow.quality import survey


def test_the_last_credible_stamp_is_found_over_chunks() -> None:
    chunks = [raw(days(5)), raw(days(3, "2023-01-01"))]
    assert survey(chunks, pipeline(), NOW).last == datetime(2024, 1, 5, tzinfo=UTC)


def test_stamps_that_would_be_quarantined_are_not_credible() -> None:
    ds = ["2024-01-01", "2024-01-02", "2262-01-01", "1677-01-01", "2024-01-03T05:00", "x", None, "2024-05-01"]
    y = ["1", "2", "3", "4", "5", "6", "7", ""]
    assert survey([raw(ds, y)], pipeline(), NOW).last == datetime(2024, 1, 2, tzinfo=UTC)


def test_nothing_credible_has_no_last_stamp() -> None:
    assert survey([raw(["x"])], pipeline(), NOW).last is None
    assert survey([], pipeline(), NOW).last is None


def test_moments_are_found_in_utc() -> None:
    berlin = pipeline("h", source={"timezone": "Europe/Berlin"})
    assert survey([raw(["2024-05-01T12:00"])], berlin, NOW).last == datetime(2024, 5, 1, 10, tzinfo=UTC)


def test_zones_that_are_mixed_over_chunks_are_noticed() -> None:
    naive, aware = raw(hours(2)), raw(["2024-01-01T00:00Z"])
    assert survey([naive, aware], pipeline("h"), NOW).mixed_zones
    assert not survey([naive, naive], pipeline("h"), NOW).mixed_zones
    assert not survey([aware, aware], pipeline("h"), NOW).mixed_zones
