"""Quarantine: what is refused is kept until it is mended, on both databases."""

from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, select

from tests.integration.store.ingesting import NOW, Pipeline, clean, days_after
from tsflow.errors import LeaseLost
from tsflow.store import leases, quarantine
from tsflow.store.engine import reading
from tsflow.store.schema import quarantine as table


def _bad(*fingerprints: str, unique_id: str | None = "a", ds: str | None = "2024-01-01", **others: Any) -> pd.DataFrame:
    values = {"raw": '{"y": "?"}', "failed_check": "value_missing", "reason": "no value", **others}
    return pd.DataFrame({"unique_id": unique_id, "ds": ds, **values, "fingerprint": list(fingerprints)}, dtype=object)


def _record(pipeline: Pipeline, rows: pd.DataFrame, at: datetime = NOW, source: str = "a.csv") -> int:
    return quarantine.record(pipeline.engine, pipeline.fence, pipeline.run_id, source, rows, now=at)


def _resolve(pipeline: Pipeline, *chunks: pd.DataFrame, at: datetime, fails: bool = False) -> int:
    with pipeline.staging() as staging:
        for chunk in chunks:
            staging.add(chunk)
        with staging.fenced() as connection:
            staging.merge(pipeline.run_id, at)
            resolved = quarantine.resolve(connection, "demo", "a.csv", run_id=pipeline.run_id, now=at)
            if fails:
                raise ZeroDivisionError
            return resolved


def _open(engine: Engine) -> list[str]:
    with reading(engine) as connection:
        found = select(table.c.fingerprint).where(table.c.resolved_at.is_(None)).order_by(table.c.fingerprint)
        return list(connection.scalars(found))


def _row(engine: Engine) -> Any:
    with reading(engine) as connection:
        return connection.execute(select(table)).one()


def test_a_row_met_again_keeps_its_first_seen_and_takes_the_newest_reason(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    assert _record(pipeline, _bad("x")) == 1
    _record(pipeline, _bad("x", reason="still no value"), at=days_after(1))
    row = _row(engine)
    assert (row.first_seen, row.last_seen, row.resolved_at) == (NOW, days_after(1), None)
    assert (row.reason, row.raw, row.unique_id, row.ds) == ("still no value", '{"y": "?"}', "a", "2024-01-01")


def test_a_row_that_comes_twice_in_one_ingest_is_one_row(engine: Engine) -> None:
    assert _record(Pipeline(engine), _bad("x", "y", "x")) == 2
    assert _open(engine) == ["x", "y"]


def test_nothing_bad_is_no_error(engine: Engine) -> None:
    assert _record(Pipeline(engine), _bad()) == 0


def test_a_row_gone_from_its_source_is_resolved_and_open_again_when_it_returns(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    _record(pipeline, _bad("x", "y"))
    _record(pipeline, _bad("z"), source="b.csv")
    _record(pipeline, _bad("y"), at=days_after(1))
    assert _resolve(pipeline, at=days_after(1)) == 1
    assert _open(engine) == ["y", "z"]
    _record(pipeline, _bad("x"), at=days_after(2))
    assert _open(engine) == ["x", "y", "z"]


def test_a_row_met_again_beside_a_good_one_stays_open(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    good = clean([("a", "2024-01-01", 1.0)])
    _record(pipeline, _bad("x"), at=days_after(1))
    assert _resolve(pipeline, good, at=days_after(1)) == 0
    assert _open(engine) == ["x"]


def test_quarantined_rows_stay_open_when_the_merge_is_undone(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    _record(pipeline, _bad("x"))
    with pytest.raises(ZeroDivisionError):
        assert _resolve(pipeline, at=days_after(1), fails=True)
    assert _open(engine) == ["x"]


def test_a_run_that_lost_its_lease_records_nothing(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    leases.acquire(engine, "demo", leases.LIVE, "test", 600)
    with pytest.raises(LeaseLost):
        _record(pipeline, _bad("x"))
    assert _open(engine) == []


def test_garbage_that_no_database_takes_is_kept_as_it_can_be(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    raw = '{"y": "\\u0000 \\\\u0000"}'
    _record(pipeline, _bad("x", unique_id="a\0b\ud800", ds="\0", raw=raw, reason="東京 '\"\\"))
    row = _row(engine)
    assert (row.unique_id, row.ds, row.raw, row.reason) == ("a\ufffdb?", "\ufffd", raw, "東京 '\"\\")


def test_many_rows_are_recorded_at_once(engine: Engine) -> None:
    pipeline = Pipeline(engine)
    assert _record(pipeline, _bad(*(f"{number:05}" for number in range(11_000)))) == 11_000
    assert len(_open(engine)) == 11_000
