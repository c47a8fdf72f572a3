"""When a slot retrains, on both databases."""

from typing import Any

import pytest

from tests.projects import WALL, Small, seasonal
from tsflow import steps
from tsflow.store import readers


def plan(small: Small, months: int) -> str | int:
    """Ingest so many months; returns why nothing is trained, or the number of the retrain that was begun."""
    small.write(seasonal(months=months))
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.ingest(job)
        planned = steps.plan_retrain(job)
        return planned.reason if isinstance(planned, steps.Skipped) else planned.run_id


@pytest.mark.parametrize(
    ("retrain", "not_yet", "due"),
    [
        ({"every_steps": 3}, 74, 75),
        ({"schedule": "0 0 1 6 *"}, 76, 77),  # the first slot after 72 months is January's
        ({"new_data_share": 0.05}, 75, 76),
        ({"schedule": "0 0 1 6 *", "every_steps": 3}, 74, 75),
    ],
    ids=lambda value: "-".join(value) if isinstance(value, dict) else str(value),
)
def test_a_retrain_is_due_as_soon_as_one_rule_says_so(
    small: Small, retrain: dict[str, Any], not_yet: int, due: int
) -> None:
    small.configure(retrain=retrain, architectures=["stage"])
    small.run()
    skipped = plan(small, not_yet)
    assert isinstance(skipped, str)
    run_id = plan(small, due)
    assert isinstance(run_id, int), run_id
    report = small.rows(f"SELECT status FROM runs WHERE id = {run_id}")
    assert report == [{"status": "running"}]


def test_a_retrain_says_why_it_was_due(small: Small) -> None:
    small.configure(architectures=["stage"])
    small.run()
    engine = small.engine()
    found = readers.runs(engine, "small")
    engine.dispose()
    report = found.loc[found["kind"] == "retrain", "report"].iloc[0]
    assert report["due"] == "there is no champion yet"
    assert report["observations"] == 144
