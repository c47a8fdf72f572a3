"""A source that is wrong, or gone: nothing is half-written, and it is on record."""

import pytest

from tests.projects import PIPELINE, WALL, Small, seasonal
from tsflow import steps
from tsflow.errors import DataError, QualityError, SourceError
from tsflow.process import wall_clock
from tsflow.store import runs
from tsflow.store.leases import LIVE


def test_too_many_bad_rows_stop_the_ingest(small: Small) -> None:
    garbage = seasonal()
    garbage["y"] = garbage["y"].astype(str)
    garbage.loc[::2, "y"] = "n/a!"
    small.write(garbage)
    with pytest.raises(QualityError, match="max_bad_share"):
        small.run()
    assert small.rows("SELECT count(*) AS n FROM observations")[0]["n"] == 0
    assert small.rows("SELECT count(*) AS n FROM quarantine")[0]["n"] == 72
    assert small.rows("SELECT status FROM runs") == [{"status": "failed"}]


def test_a_source_in_another_encoding_says_which_setting_to_mend(small: Small) -> None:
    spoilt = seasonal(("Bär", "Bür")).to_csv(index=False).encode("latin-1")
    small.source.write_bytes(spoilt)
    with pytest.raises(QualityError, match=r"source\.encoding"):
        small.run()
    assert small.rows("SELECT unique_id FROM series") == []
    small.configure(architectures=["stage"], source={**PIPELINE["source"], "encoding": "latin-1"})
    small.run(force=True)
    names = "SELECT DISTINCT unique_id FROM latest_forecasts ORDER BY unique_id"
    assert [row["unique_id"] for row in small.rows(names)] == ["Bär", "Bür"]


def test_a_nul_in_a_name_costs_its_row(small: Small) -> None:
    small.source.write_text(seasonal().to_csv(index=False) + "a\0b,2018-01-01,5\n")
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        steps.ingest(job)
    assert [row["unique_id"] for row in small.rows("SELECT unique_id FROM series ORDER BY 1")] == ["a", "b"]
    (refused,) = small.rows("SELECT failed_check, reason FROM quarantine")
    assert refused["failed_check"] == "series_garbled"
    assert r"'a\x00b'" in refused["reason"]


@pytest.mark.parametrize("source", ["missing", "refused"])
def test_a_failed_run_ends_when_it_failed(small: Small, source: str) -> None:
    small.source.unlink() if source == "missing" else small.write(seasonal().assign(y="n/a!"))
    small.configure(clock="wall")
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
        steps.open_job(ticket) as job,
    ):
        opened = wall_clock()
        with pytest.raises(SourceError if source == "missing" else QualityError):
            steps.ingest(job)
        run = runs.find(job.engine, "small", "ingest", ticket.slot, LIVE)
    assert run
    assert run.finished_at
    assert run.finished_at > opened


@pytest.mark.parametrize("left", [None, "unique_id,ds,y\n"])
def test_a_source_that_dies_on_the_clock_of_its_data_is_on_record_until_it_is_back(
    small: Small, left: str | None
) -> None:
    small.configure(architectures=["stage"])
    small.run()
    before = small.source.read_text()
    small.source.unlink() if left is None else small.source.write_text(left)
    for _ in range(2):
        with pytest.raises((SourceError, DataError)) as raised:
            small.run()
    health = "SELECT state, last_error FROM pipeline_health"
    assert small.rows(health) == [{"state": "last run failed", "last_error": str(raised.value)}]
    small.source.write_text(before)
    small.run()
    assert small.rows(health) == [{"state": "ok", "last_error": None}]


def test_a_source_that_was_never_there_is_on_record(small: Small) -> None:
    small.source.unlink()
    with pytest.raises(SourceError, match="no such file"):
        small.run()
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "last run failed"}]
    small.write(seasonal())
    small.run()
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "ok"}]


def test_before_anything_was_ingested_nothing_is_decided_or_published(small: Small) -> None:
    small.configure(architectures=["stage"])
    for step in (steps.retrain, steps.forecast):
        with (
            steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket,
            steps.open_job(ticket) as job,
            pytest.raises(DataError, match=r"^small: nothing was ingested yet: `tsflow ingest small` first"),
        ):
            step(job)
    assert small.rows("SELECT count(*) AS n FROM runs") == [{"n": 0}]
    small.run()
    assert small.rows("SELECT state FROM pipeline_health") == [{"state": "ok"}]
    assert small.rows("SELECT count(*) AS n FROM models WHERE role = 'candidate'") == [{"n": 1}]
