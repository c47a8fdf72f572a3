"""Which slot a run is for, and whether anybody still needs it, on both databases."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.projects import Small, seasonal
from tsflow import steps

MONTHLY = "0 6 1 * *"
DUE = [datetime(2026, month, 1, 6, tzinfo=UTC) for month in (8, 9, 10, 11)]


@pytest.fixture
def monthly(small: Small) -> Small:
    """A pipeline on the wall's clock, run at six on the first of each month."""
    small.configure(clock="wall", schedule=MONTHLY, architectures=["stage"])
    small.write(seasonal(start="2020-07-01"))
    return small


def run_scheduled(small: Small, scheduled: datetime, wall: datetime) -> str:
    """What the pipeline flow does for a scheduled run, without Prefect."""
    with (
        steps.hold_slot(small.config, "small", wall=wall, scheduled=scheduled, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        found = steps.slot_state(job)
        if isinstance(found, steps.Done):
            return "done"
        if isinstance(found, steps.Stale):
            steps.skip(job, found.reason)
            return "skipped"
        steps.run_slot(job)
        return "executed"


def test_after_an_outage_exactly_the_newest_slot_executes(monthly: Small) -> None:
    assert run_scheduled(monthly, DUE[0], DUE[0] + timedelta(seconds=1)) == "executed"
    back = DUE[3] + timedelta(hours=5)
    assert [run_scheduled(monthly, due, back) for due in DUE] == ["done", "skipped", "skipped", "executed"]
    assert [run_scheduled(monthly, due, back) for due in DUE] == ["done", "skipped", "skipped", "done"]
    rows = monthly.rows("SELECT kind, status, count(*) AS n FROM runs GROUP BY kind, status ORDER BY kind, status")
    assert [(row["kind"], row["status"], row["n"]) for row in rows if row["kind"] == "forecast"] == [
        ("forecast", "skipped", 2),
        ("forecast", "succeeded", 2),
    ]
    skipped = monthly.rows("SELECT error FROM runs WHERE status = 'skipped' ORDER BY id")
    assert skipped[0]["error"] == "slot 2026-09-01 00:00 is older than the run that was due at 2026-10-01 06:00"


def test_a_slot_that_a_newer_one_overtook_is_skipped_with_what_was_left_of_it(monthly: Small) -> None:
    with (
        steps.hold_slot(monthly.config, "small", wall=DUE[2], scheduled=DUE[2], holder="killed") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.ingest(job)
        assert isinstance(steps.plan_retrain(job), steps.Planned)  # and then it is killed
    assert run_scheduled(monthly, DUE[3], DUE[3]) == "executed"
    left = monthly.rows("SELECT status, error FROM runs WHERE kind = 'retrain' ORDER BY id")
    assert left[0]["status"] == "failed"
    assert left[0]["error"].startswith("killed before it ended")
    assert run_scheduled(monthly, DUE[2], DUE[3]) == "skipped"
    assert monthly.rows("SELECT status FROM runs WHERE kind = 'retrain' ORDER BY id")[0]["status"] == "skipped"


def test_a_late_run_whose_slot_is_still_the_newest_executes(monthly: Small) -> None:
    assert run_scheduled(monthly, DUE[2], DUE[2] + timedelta(days=20)) == "executed"
    assert monthly.rows("SELECT DISTINCT issued_at FROM latest_forecasts") == [{"issued_at": "2026-10-01 00:00:00"}]


def test_a_run_that_starts_a_little_early_is_for_its_own_slot(monthly: Small) -> None:
    monthly.configure(clock="wall", schedule="0 0 1 * *", architectures=["stage"])
    due = datetime(2026, 10, 1, tzinfo=UTC)
    assert run_scheduled(monthly, due, due - timedelta(milliseconds=300)) == "executed"
    assert run_scheduled(monthly, due, due + timedelta(seconds=5)) == "done"
    assert monthly.rows("SELECT DISTINCT issued_at FROM latest_forecasts") == [{"issued_at": "2026-10-01 00:00:00"}]


@pytest.fixture
def waiting(monthly: Small) -> Small:
    """October's values are still to come, and with them a forecast from November on."""
    october(monthly, 51)
    return monthly


def october(small: Small, months: int) -> None:
    small.write(seasonal(start="2022-07-01", months=months))


def first_step(small: Small) -> str:
    return str(small.rows("SELECT min(ds) AS ds FROM latest_forecasts")[0]["ds"])


def ingest(small: Small, wall: datetime) -> int:
    with steps.hold_slot(small.config, "small", wall=wall, holder="test") as ticket, steps.open_job(ticket) as job:
        return steps.ingest(job)


def test_an_ingest_before_the_scheduled_time_does_not_keep_the_scheduled_run_from_reading(waiting: Small) -> None:
    ingest(waiting, DUE[3] - timedelta(hours=4))
    october(waiting, 52)
    assert run_scheduled(waiting, DUE[3], DUE[3]) == "executed"
    assert first_step(waiting) == "2026-11-01"


def test_a_slot_run_by_hand_before_its_scheduled_time_is_done_again_once(waiting: Small) -> None:
    early = [DUE[3] - timedelta(hours=hours) for hours in (4, 3)]
    first = waiting.run(wall=early[0])
    before = waiting.everything()
    assert waiting.run(wall=early[1]) == first
    assert waiting.everything() == before
    assert first_step(waiting) == "2026-10-01"
    october(waiting, 52)
    assert isinstance(steps.look_up(waiting.config, "small", wall=early[1]), steps.Done)
    assert steps.look_up(waiting.config, "small", wall=DUE[3]) is None
    assert run_scheduled(waiting, DUE[3], DUE[3]) == "executed"
    assert first_step(waiting) == "2026-11-01"
    before = waiting.everything()
    assert run_scheduled(waiting, DUE[3], DUE[3] + timedelta(hours=2)) == "done"
    assert waiting.everything() == before


def test_what_was_published_early_stays_where_the_source_says_nothing_new(waiting: Small) -> None:
    first = waiting.run(wall=DUE[3] - timedelta(hours=4))
    assert run_scheduled(waiting, DUE[3], DUE[3]) == "executed"
    published = waiting.rows("SELECT id FROM runs WHERE kind = 'forecast'")
    assert published == [{"id": first}]
    assert run_scheduled(waiting, DUE[3], DUE[3] + timedelta(hours=2)) == "done"


def test_without_a_schedule_the_slot_is_done_once(waiting: Small) -> None:
    waiting.configure(clock="wall", architectures=["stage"])
    waiting.run(wall=DUE[3])
    october(waiting, 52)
    before = waiting.everything()
    waiting.run(wall=DUE[3] + timedelta(days=20))
    assert waiting.everything() == before


def due(small: Small) -> str:
    return str(small.rows("SELECT due_at FROM pipeline_health")[0]["due_at"])


def test_a_deployed_pipeline_is_due_at_its_first_scheduled_time(monthly: Small) -> None:
    steps.register(monthly.config, wall=DUE[3] - timedelta(hours=1))
    assert due(monthly) == "2026-11-01 06:00:00"


def test_an_ingest_by_hand_puts_off_no_scheduled_time(monthly: Small) -> None:
    ingest(monthly, DUE[3] - timedelta(hours=1))
    assert due(monthly) == "2026-11-01 06:00:00"


def test_a_pipeline_with_a_new_schedule_is_due_after_the_slot_that_is_published(monthly: Small) -> None:
    run_scheduled(monthly, DUE[3], DUE[3])
    monthly.configure(clock="wall", schedule="0 12 1 * *", architectures=["stage"])
    steps.register(monthly.config, wall=DUE[3] + timedelta(hours=4))
    assert due(monthly) == "2026-12-01 12:00:00"


def test_health_says_how_late_a_pipeline_is_by_its_schedule(monthly: Small) -> None:
    now = datetime.now(UTC)
    hour = now.replace(minute=0, second=0, microsecond=0)
    past = hour - timedelta(days=300)  # its next slot was due long ago
    monthly.write(seasonal(start=f"{past.year - 6}-{past.month:02d}-01", months=72))
    run_scheduled(monthly, past, past)
    health = monthly.rows("SELECT state, due_at, late_seconds, waiting_for FROM pipeline_health")[0]
    assert health["state"] == "forecast is late"
    due = datetime.fromisoformat(health["due_at"]).replace(tzinfo=UTC)
    assert (due.day, due.hour) == (1, 6)
    assert abs((now - due).total_seconds() - health["late_seconds"]) < 3600
    assert "is a worker at work?" in health["waiting_for"]
