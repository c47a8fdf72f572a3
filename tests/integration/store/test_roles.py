"""Least rights on PostgreSQL: what a worker and a reader can do, and what they cannot."""

import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import Engine, inspect, text
from sqlalchemy.exc import ProgrammingError

from tests.projects import Small, seasonal
from tsflow.store import migrate
from tsflow.store.engine import connect

pytestmark = pytest.mark.xdist_group("roles")  # which belong to the whole server

ROLES = Path(__file__).parents[3] / "deployments" / "postgresql" / "roles.sql"


@pytest.fixture
def owner(postgresql_database_url: str) -> Iterator[Engine]:
    """The owner of the tables, on whose database the script has run, twice."""
    engine = connect(postgresql_database_url)
    with psycopg.connect(engine.url.set(drivername="postgresql").render_as_string(), autocommit=True) as connection:
        for _ in range(2):
            connection.execute(ROLES.read_bytes())
    yield engine
    engine.dispose()


@pytest.fixture
def user(owner: Engine, postgresql_database_url: str) -> Iterator[Callable[[str], str]]:
    """Make a user with a role; returns the URL to log in with."""
    made: list[str] = []

    def make(role: str) -> str:
        made.append(f"user_{uuid.uuid4().hex}")
        with owner.begin() as connection:
            connection.execute(text(f"CREATE USER {made[-1]} PASSWORD 'secret' IN ROLE {role}"))
        return owner.url.set(username=made[-1], password="secret").render_as_string(hide_password=False)

    yield make
    with owner.begin() as connection:
        for name in made:
            connection.execute(text(f"DROP ROLE {name}"))


def refused(engine: Engine, statement: str) -> bool:
    with pytest.raises(ProgrammingError) as caught, engine.begin() as connection:
        connection.execute(text(statement))
    return "permission denied" in str(caught.value) or "must be owner" in str(caught.value)


def test_a_reader_reads_the_views_and_nothing_else(owner: Engine, user: Callable[[str], str]) -> None:
    tables, views = inspect(owner).get_table_names(), inspect(owner).get_view_names()
    migrate.upgrade(owner)  # makes the views again: a reader must not lose them
    reader = connect(user("tsflow_reader"))
    with reader.connect() as connection:
        for view in views:
            connection.execute(text(f"SELECT count(*) FROM {view}"))
    assert len(views) >= 7
    assert all(refused(reader, f"SELECT * FROM {table}") for table in tables)
    assert refused(reader, "CREATE TABLE mine (x int)")
    assert refused(reader, "CREATE TEMP TABLE mine (x int)")
    assert refused(reader, "DROP VIEW leaderboard")
    reader.dispose()


def test_a_worker_runs_a_slot_but_drops_nothing(owner: Engine, user: Callable[[str], str], tmp_path: Path) -> None:
    small = Small(tmp_path, user("tsflow_worker"))
    small.configure(architectures=["stage"])
    small.write(seasonal())
    run_id = small.run()
    assert {row["run_id"] for row in small.rows("SELECT run_id FROM latest_forecasts")} == {run_id}
    worker = small.engine()
    for table in inspect(owner).get_table_names():
        assert refused(worker, f"DROP TABLE {table} CASCADE")
        assert refused(worker, f"TRUNCATE {table} CASCADE")
        assert refused(worker, f"ALTER TABLE {table} ADD COLUMN mine int")
    assert refused(worker, "UPDATE alembic_version SET version_num = '0'")
    assert refused(worker, "CREATE TABLE mine (x int)")
    assert refused(worker, "CREATE ROLE mine")
    worker.dispose()


def test_the_dashboard_reads_what_its_pages_show_and_writes_nothing(
    owner: Engine, user: Callable[[str], str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    testing = pytest.importorskip("streamlit.testing.v1")
    small = Small(tmp_path, owner.url.render_as_string(hide_password=False))
    small.configure(architectures=["stage"])
    small.write(seasonal())
    small.run()
    login = user("tsflow_dashboard")
    monkeypatch.setenv("TSFLOW_DATABASE", login)
    for page in ("overview", "series", "accuracy", "models", "quarantine", "runs"):
        script = f"from tsflow.dashboard.screens import {page}\n{page}.page()"
        app = testing.AppTest.from_string(script, default_timeout=120).run()
        assert app.header, page
        assert [one.value for one in (*app.exception, *app.error)] == [], page
    pytest.importorskip("streamlit").cache_resource.clear()  # closes the pages' connections
    dashboard = connect(login)
    for table in inspect(owner).get_table_names():
        assert refused(dashboard, f"DELETE FROM {table}")
    assert refused(dashboard, "CREATE TABLE mine (x int)")
    dashboard.dispose()
