from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select

from tsflow import config
from tsflow.store import pipelines
from tsflow.store.engine import reading, writing
from tsflow.store.leases import LIVE, Fence, acquire
from tsflow.store.schema import pipelines as table
from tsflow.store.schema import timezone_offsets

NOW = datetime(2024, 1, 1, tzinfo=UTC)
ZONES = ("UTC", "Australia/Melbourne", "America/New_York", "Africa/Casablanca", "Asia/Kathmandu")


def test_settings_are_written_once_and_again_when_they_change(
    engine: Engine, fence: Fence, pipeline: config.Pipeline
) -> None:
    assert not pipelines.register(engine, fence, pipeline, now=NOW + timedelta(days=1), due_at=None)
    longer = pipeline.model_copy(update={"horizon": 6})
    assert pipelines.register(engine, fence, longer, now=NOW + timedelta(days=2), due_at=None)
    with reading(engine) as connection:
        row = connection.execute(select(table)).one()
    assert (row.name, row.horizon, row.season_length, row.calendar) == ("walkers", 6, 24, False)
    assert row.updated_at == NOW + timedelta(days=2)


@pytest.mark.parametrize(
    ("frequency", "seconds"),
    [("15min", 900), ("h", 3600), ("D", 86_400), ("B", 7 / 5 * 86_400), ("MS", 365.25 / 12 * 86_400)],
)
def test_a_step_has_its_mean_length(
    engine: Engine, fence: Fence, pipeline: config.Pipeline, frequency: str, seconds: float
) -> None:
    pipelines.register(engine, fence, pipeline.model_copy(update={"frequency": frequency}), now=NOW, due_at=None)
    with reading(engine) as connection:
        assert connection.scalar(select(table.c.step_seconds)) == pytest.approx(seconds, rel=1e-3)


def test_the_zones_offsets_are_there_for_the_views(engine: Engine, fence: Fence) -> None:
    with reading(engine) as connection:
        known = connection.execute(select(timezone_offsets.c.starts_at, timezone_offsets.c.seconds)).all()
    assert (datetime(2024, 4, 6, 16, tzinfo=UTC), 36_000) in known
    assert (datetime(2024, 10, 5, 16, tzinfo=UTC), 39_600) in known


def test_pipelines_of_one_zone_register_at_the_same_time(engine: Engine, pipeline: config.Pipeline) -> None:
    together = Barrier(4)

    def register(number: int) -> None:
        fence = acquire(engine, f"walkers {number}", LIVE, "the tests", 600)
        for zone in ("Europe/Berlin", "America/New_York", "Asia/Kathmandu"):
            together.wait(60)
            moved = pipeline.model_copy(update={"timezone": zone})
            assert pipelines.register(engine, fence, moved, now=NOW, due_at=None)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(register, range(4)))
    with reading(engine) as connection:
        known = connection.execute(select(timezone_offsets).filter_by(timezone="Europe/Berlin")).all()
    assert {(row.starts_at, row.seconds) for row in known} == {*pipelines.timezone_changes(ZoneInfo("Europe/Berlin"))}


def test_offsets_of_a_zone_whose_rules_changed_are_replaced(
    engine: Engine, fence: Fence, pipeline: config.Pipeline
) -> None:
    mine = timezone_offsets.c.timezone == pipeline.timezone
    with reading(engine) as connection:
        known = connection.execute(select(timezone_offsets).where(mine)).all()
    abolished = {"timezone": pipeline.timezone, "starts_at": datetime(2024, 2, 1, tzinfo=UTC), "seconds": 1}
    with writing(engine) as connection:
        connection.execute(delete(timezone_offsets).where(mine, timezone_offsets.c.starts_at > NOW))
        connection.execute(insert(timezone_offsets).values(abolished))
    pipelines.register(engine, fence, pipeline.model_copy(update={"horizon": 6}), now=NOW, due_at=None)
    with reading(engine) as connection:
        assert set(connection.execute(select(timezone_offsets).where(mine))) == set(known)


@given(
    moment=st.integers(-2_208_000_000, 4_100_000_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC)),
    name=st.sampled_from(ZONES),
)
def test_the_changes_give_the_zones_offset_at_any_moment(moment: datetime, name: str) -> None:
    zone = ZoneInfo(name)
    offset = [seconds for start, seconds in _CHANGES[name] if start <= moment][-1]
    assert timedelta(seconds=offset) == moment.astimezone(zone).utcoffset()


_CHANGES = {name: pipelines.timezone_changes(ZoneInfo(name)) for name in ZONES}
