import sqlite3
import threading
from pathlib import Path

import pytest
from sqlalchemy import URL, Connection, Engine, insert, select, text

from tsflow.errors import (
    ConfigError,
    DatabaseFull,
    DatabaseReadOnly,
    DatabaseRefused,
    DatabaseUnavailable,
    SchemaOutdated,
)
from tsflow.store.engine import clock, connect, reading, writing
from tsflow.store.schema import leases


def test_sqlite_keeps_wal_foreign_keys_and_a_busy_timeout(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path / 'new' / 'folder' / 'a.db'}")
    with engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "busy_timeout")
        ]
    engine.dispose()
    assert settings == ["wal", 1, 30_000]


def test_a_relative_path_is_relative_to_the_working_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    engine = connect("sqlite:///here/a.db")
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE t (a INTEGER)"))
    engine.dispose()
    assert (tmp_path / "here" / "a.db").exists()


def test_postgresql_sessions_are_in_utc(postgresql_database_url: str) -> None:
    engine = connect(postgresql_database_url)
    with writing(engine) as connection:
        connection.execute(
            text("ALTER ROLE CURRENT_USER IN DATABASE " + engine.url.database + " SET timezone = 'Asia/Tokyo'")
        )
    engine.dispose()
    with reading(engine) as connection:
        assert connection.scalar(text("SHOW timezone")) == "UTC"
    engine.dispose()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"database": "nosuch"}, 'database "nosuch" does not exist'),
        ({"username": "nobody", "password": "hunter2"}, 'role "nobody" does not exist'),
    ],
)
def test_a_server_that_lets_nobody_in_is_not_asked_again(
    postgresql_url: URL, change: dict[str, str], reason: str
) -> None:
    engine = connect(postgresql_url.set(**change).render_as_string(hide_password=False))
    with pytest.raises(DatabaseRefused) as raised, reading(engine):
        pass
    engine.dispose()
    where = f"PostgreSQL {engine.url.database} at "
    assert str(raised.value).startswith(where)
    assert f": {reason}; correct user, password or name in `database`" in str(raised.value)
    assert "hunter2" not in str(raised.value)
    assert not raised.value.transient


def test_a_server_that_is_not_there_may_be_asked_again() -> None:
    engine = connect("postgresql://me:hunter2@127.0.0.1:1/tsflow")
    with (
        pytest.raises(DatabaseUnavailable, match=r"^PostgreSQL tsflow at 127\.0\.0\.1:1: Connection refused; see"),
        reading(engine),
    ):
        pass
    engine.dispose()


def test_a_failed_block_writes_nothing(engine: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(engine) as connection:
        _write_a_lease_and_fail(connection)
    with reading(engine) as connection:
        assert connection.execute(select(leases)).all() == []


def test_a_reader_sees_one_snapshot_while_others_write(engine: Engine) -> None:
    with reading(engine) as reader:
        before = reader.execute(select(leases)).all()
        with writing(engine) as writer:
            writer.execute(insert(leases).values(pipeline="a", space="live", token=1))
        assert reader.execute(select(leases)).all() == before == []


def test_writers_wait_for_each_other(engine: Engine) -> None:
    def count_up() -> None:
        for _ in range(10):
            with writing(engine) as connection:
                row = connection.execute(select(leases.c.token).with_for_update()).scalar_one()
                connection.execute(leases.update().values(token=row + 1))

    with writing(engine) as connection:
        connection.execute(insert(leases).values(pipeline="a", space="live", token=0))
    threads = [threading.Thread(target=count_up) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with reading(engine) as connection:
        assert connection.scalar(select(leases.c.token)) == 40


def test_the_clock_is_the_same_in_utc_on_every_database(engine: Engine) -> None:
    with reading(engine) as connection:
        moment = clock(connection)
    assert moment.tzinfo is not None
    assert moment.utcoffset().total_seconds() == 0


def test_a_missing_table_asks_for_the_upgrade(empty_engine: Engine) -> None:
    with pytest.raises(SchemaOutdated, match="tsflow db upgrade"), reading(empty_engine) as connection:
        connection.execute(select(leases))


def test_a_read_only_sqlite_file_can_be_read_and_not_written(sqlite_url: str) -> None:
    file = sqlite_url.removeprefix("sqlite:///")
    engine = connect(f"sqlite:///file:{file}?mode=ro&uri=true")
    with reading(engine) as connection:
        assert connection.execute(select(leases)).all() == []
    with pytest.raises(DatabaseReadOnly, match="grant write permission"), writing(engine) as connection:
        connection.execute(insert(leases).values(pipeline="a", space="live", token=1))
    engine.dispose()


def test_a_read_only_postgresql_session_cannot_be_written(postgresql_database_url: str) -> None:
    engine = connect(postgresql_database_url)
    with engine.connect() as connection:
        connection.execute(text(f"ALTER DATABASE {engine.url.database} SET default_transaction_read_only = on"))
        connection.commit()
    engine.dispose()
    with pytest.raises(DatabaseReadOnly), writing(engine) as connection:
        connection.execute(insert(leases).values(pipeline="a", space="live", token=1))
    engine.dispose()


def test_a_full_sqlite_database_keeps_what_it_had(sqlite_url: str) -> None:
    engine = connect(sqlite_url)
    with writing(engine) as connection:
        connection.execute(insert(leases).values(pipeline="a", space="live", token=1))
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")
    rows = [{"pipeline": f"{number}" * 200, "space": "live", "token": 1} for number in range(1_000)]
    with pytest.raises(DatabaseFull, match="make room"), writing(engine) as connection:
        connection.execute(insert(leases), rows)
    with reading(engine) as connection:
        assert connection.scalars(select(leases.c.pipeline)).all() == ["a"]
    engine.dispose()


def test_a_locked_sqlite_database_is_unavailable(sqlite_url: str) -> None:
    other = sqlite3.connect(sqlite_url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    engine = connect(sqlite_url)
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA busy_timeout=10")
    with pytest.raises(DatabaseUnavailable, match="locked") as caught, writing(engine):
        pass
    other.close()
    engine.dispose()
    assert caught.value.transient


def test_an_unreachable_postgresql_is_unavailable_and_names_no_password() -> None:
    engine = connect("postgresql://ann:hunter2@127.0.0.1:1/sales")
    with (
        pytest.raises(DatabaseUnavailable, match=r"PostgreSQL sales at 127\.0\.0\.1:1") as caught,
        reading(engine),
    ):
        pass
    assert "hunter2" not in str(caught.value)


def test_a_sqlite_path_that_cannot_be_opened_is_unavailable(tmp_path: Path) -> None:
    engine = connect(f"sqlite:///{tmp_path}")
    with pytest.raises(DatabaseUnavailable, match="unable to open"), reading(engine):
        pass


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://u:hunter2@host/db", "no support for 'mysql'"),
        ("not a url with hunter2", "malformed"),
        ("sqlite://", "not seen by other processes"),
    ],
)
def test_a_url_that_is_no_use_is_refused_without_its_password(url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        connect(url)
    assert "hunter2" not in str(caught.value)


def _write_a_lease_and_fail(connection: Connection) -> None:
    connection.execute(insert(leases).values(pipeline="a", space="live", token=1))
    raise ZeroDivisionError
