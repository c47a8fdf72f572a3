from datetime import UTC, datetime
from typing import Any

import pytest

from tsflow.config import Pipeline
from tsflow.steps.slot.clock import known_at, slot_of, slots


def pipeline(**settings: Any) -> Pipeline:
    source = {"kind": "csv", "path": "a.csv"}
    return Pipeline.model_validate({"source": source, "frequency": "D", "horizon": 3, **settings})


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("settings", "slot", "expected"),
    [
        ({"frequency": "h"}, "2024-03-01T05:00", "2024-03-01T05:00"),
        ({"frequency": "h", "schedule": "20 * * * *"}, "2024-03-01T05:00", "2024-03-01T05:20"),
        ({"frequency": "h", "schedule": "20 4 * * *"}, "2024-03-01T05:00", "2024-03-01T05:00"),
        ({"timezone": "Australia/Melbourne"}, "2024-03-01", "2024-02-29T13:00"),
        ({"timezone": "Australia/Melbourne", "schedule": "0 6 * * *"}, "2024-03-01", "2024-02-29T19:00"),
    ],
)
def test_a_past_slot_knows_what_its_scheduled_run_would_have(
    settings: dict[str, Any], slot: str, expected: str
) -> None:
    assert known_at(pipeline(**settings), moment(slot)) == moment(expected)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, ["2024-03-29", "2024-03-30", "2024-03-31", "2024-04-01"]),
        ({"schedule": "0 6 * * MON,FRI"}, ["2024-03-29", "2024-04-01"]),
        ({"schedule": "30 0 * * SUN", "timezone": "Europe/Berlin"}, ["2024-03-31"]),
        ({"schedule": "0 6,18 * * SUN"}, ["2024-03-31"]),
    ],
)
def test_slots_are_those_of_the_schedule(settings: dict[str, Any], expected: list[str]) -> None:
    found = slots(pipeline(**settings), moment("2024-03-29T12:00"), moment("2024-04-01T09:00"))
    assert found == [moment(date) for date in expected]


@pytest.mark.parametrize(("frequency", "expected"), [("h", "2024-06-30T22:00"), ("D", "2024-07-01")])
@pytest.mark.parametrize("now", ["2024-06-30T22:00+00:00", "2024-07-01T00:00+02:00", "2024-06-30T19:00-03:00"])
def test_the_same_moment_is_the_same_slot_however_it_is_written(frequency: str, now: str, expected: str) -> None:
    settings = pipeline(frequency=frequency, timezone="Europe/Berlin")
    assert slot_of(settings, datetime.fromisoformat(now)) == moment(expected)
