"""Each page on a database with three slots, on an empty one, and on none."""

import json
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest
from sqlalchemy import create_engine, make_url, text

from tests.projects import Small, seasonal
from tests.unit.dashboard.conftest import APP, Open, fill, said
from tsflow.steps.watch.monitor import register

from streamlit.testing.v1 import AppTest  # isort: skip

PAGES = ("overview", "series", "accuracy", "models", "quarantine", "runs")


def traces(app: AppTest, number: int = 0) -> dict[str, list[object]]:
    """What a chart shows, by name."""
    figure = json.loads(app.get("plotly_chart")[number].proto.spec)
    return {trace.get("name", ""): trace for trace in figure["data"]}


def test_the_app_opens_with_the_overview(filled: Small, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_DATABASE", filled.database_url)
    app = AppTest.from_file(str(APP), default_timeout=120).run()
    assert not app.exception
    assert app.header[0].value == "Overview"


def test_the_overview_says_whether_each_pipeline_is_well(open_page: Open) -> None:
    app = open_page("overview")
    assert [(metric.label, metric.value) for metric in app.metric] == [
        ("Pipelines", "1"),
        ("Need a look", "0"),
        ("Series", "2"),
        ("Rows in quarantine", "1"),
    ]
    assert "Issued **2024-03-01**" in said(app)
    assert "forecast by **stage**" in said(app) or "forecast by **seasonal_naive**" in said(app)


def test_a_pipeline_whose_first_slot_is_to_come_is_well(open_page: Open, tmp_path: Path, sqlite_url: str) -> None:
    project = Small(tmp_path, sqlite_url)
    project.configure(clock="wall", schedule="0 6 1 * *")
    register(project.config, wall=datetime.now(UTC))
    app = open_page("overview", sqlite_url)
    assert ("Need a look", "0") in [(metric.label, metric.value) for metric in app.metric]
    assert "first slot to come" in said(app)


def test_the_overview_shows_what_was_told_last(open_page: Open, tmp_path: Path, sqlite_url: str) -> None:
    project = Small(tmp_path, sqlite_url)
    project.configure(alerts={"bad_share": 0.01}, architectures=["stage"])
    bad = pd.DataFrame({"unique_id": ["b"] * 3, "ds": ["2018-01-15", "2018-02-15", "2018-03-15"], "y": [1.0] * 3})
    project.write(pd.concat([seasonal(), bad]))
    project.run()
    told = open_page("overview", sqlite_url).dataframe[0].value
    assert (told["pipeline"].iloc[-1], told["kind"].iloc[-1]) == ("small", "quarantine")
    assert "of the rows" in told["message"].iloc[-1]


def test_a_series_is_shown_with_its_forecast_as_of_any_issue(open_page: Open) -> None:
    app = open_page("series", series="b", numbers="true")
    assert app.selectbox(key="series").value == "b"
    assert app.selectbox(key="series").options == ["a", "b"]
    assert {"observed", "forecast", "80 % interval", "95 % interval"} <= set(traces(app))
    slider = app.select_slider(key="as_of")
    assert slider.options == ["2024-01-01", "2024-02-01", "2024-03-01"]
    assert slider.value == "2024-03-01"
    slider.set_value("2024-01-01").run()
    assert "Issued 2024-01-01" in said(app)
    table = app.dataframe[0].value
    assert table["y"].notna().tolist() == [True, True, False, False, False, False]  # what came true since
    app.multiselect(key="beside").set_value(["2024-03-01", "2024-02-01"]).run()
    assert {"2024-03-01", "2024-02-01"} <= set(traces(app))


def test_a_link_reproduces_the_view(open_page: Open) -> None:
    app = open_page("series", series="b", as_of="2024-02-01", beside="2024-01-01")
    assert app.selectbox(key="series").value == "b"
    assert app.select_slider(key="as_of").value == "2024-02-01"
    assert "2024-01-01" in traces(app)
    newest = open_page("series")
    assert "(?pipeline=small&series=a&as_of=2024-03-01)" in said(newest)  # named, though it is the default


def test_a_choice_that_is_not_there_any_more_is_let_go(open_page: Open) -> None:
    app = open_page("series", as_of="2024-02-01", beside="2024-01-01")
    app.select_slider(key="as_of").set_value("2024-01-01").run()
    assert app.multiselect(key="beside").value == []
    app.session_state["as_of"] = "1999-01-01"  # as after another pipeline was chosen
    app.run()
    assert app.select_slider(key="as_of").value == "2024-03-01"


def test_the_first_series_shown_is_one_with_a_forecast(open_page: Open, filled: Small, tmp_path: Path) -> None:
    (tmp_path / "tsflow.db").write_bytes((filled.folder / "tsflow.db").read_bytes())
    copy = Small(tmp_path, f"sqlite:///{tmp_path / 'tsflow.db'}")
    of_a = "(SELECT id FROM series WHERE unique_id = 'a')"
    copy.execute(f"DELETE FROM forecast_heads WHERE series_id = {of_a}")
    copy.execute(f"DELETE FROM forecasts WHERE series_id = {of_a}")
    app = open_page("series", copy.database_url)
    assert app.selectbox(key="series").value == "b"
    app.selectbox(key="series").set_value("a").run()
    assert "No forecast of this series was issued at 2024-03-01" in said(app)
    assert set(traces(app)) == {"observed"}


def test_a_series_beyond_the_first_found_is_opened_by_its_address(
    open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tsflow.dashboard.screens.series._MATCHES", 1)
    app = open_page("series", series="b")
    assert app.selectbox(key="series").value == "b"
    assert app.selectbox(key="series").options == ["a", "b"]


def test_series_are_searched_by_a_part_of_their_name(open_page: Open) -> None:
    app = open_page("series", search="B")
    assert app.selectbox(key="series").options == ["b"]
    app.text_input(key="search").set_value("nobody").run()
    assert "No series has such a name" in said(app)
    assert not app.exception


def test_accuracy_is_shown_once_forecasts_came_true(open_page: Open) -> None:
    app = open_page("accuracy")
    assert [metric.label for metric in app.metric][2:] == ["In 80 % interval", "In 95 % interval"]
    assert len(app.get("plotly_chart")) == 3
    assert sorted(app.dataframe[0].value["unique_id"]) == ["a", "b"]


def test_models_are_shown_with_the_reason(open_page: Open) -> None:
    app = open_page("models")
    assert set(app.dataframe[0].value["architecture"]) == {"stage", "seasonal_naive"}
    assert "seasonal_naive" in said(app)
    assert set(traces(app, 1)) == {"stage"}


def test_refused_rows_are_shown_by_check_and_series(open_page: Open) -> None:
    app = open_page("quarantine")
    assert app.dataframe[0].value["unique_id"].tolist() == ["b"]
    assert app.selectbox(key="check").options == ["all checks (1)", "time_off_grid (1)"]
    app.selectbox(key="check").set_value("time_off_grid").run()
    assert len(app.dataframe[0].value) == 1
    app.text_input(key="refused_series").set_value("a").run()
    assert "No refused row matches" in said(app)


def test_runs_are_shown_with_how_they_ended(open_page: Open) -> None:
    app = open_page("runs")
    found = app.dataframe[0].value
    assert set(found["kind"]) == {"ingest", "retrain", "forecast"}
    assert set(found["status"]) == {"✓ succeeded"}
    assert set(found["space"]) == {"live"}
    assert found["seconds"].ge(0).all()


@pytest.mark.parametrize("page", PAGES)
def test_an_empty_database_is_no_error(open_page: Open, sqlite_url: str, page: str) -> None:
    app = open_page(page, sqlite_url)
    assert not app.exception
    assert "No pipeline has run on this database yet" in said(app)


@pytest.mark.parametrize("page", PAGES)
def test_a_database_that_does_not_answer_is_said_without_its_password(open_page: Open, page: str) -> None:
    app = open_page(page, "postgresql://reader:s3cret@127.0.0.1:9/none")
    assert not app.exception
    assert "cannot be read now" in said(app)
    assert "s3cret" not in said(app)
    assert app.button[0].label == "Try again"


def test_a_database_without_tables_names_the_remedy(open_page: Open, tmp_path: Path) -> None:
    app = open_page("overview", f"sqlite:///{tmp_path / 'new.db'}")
    assert "tsflow db upgrade" in said(app)


def test_a_page_that_fails_says_so_and_shows_no_traceback(open_page: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise ZeroDivisionError("y was 12345")

    monkeypatch.setattr("tsflow.dashboard.screens.runs.page", fail)
    app = open_page("runs")
    assert not app.exception
    assert "unforeseen" in said(app)
    assert "12345" not in said(app)


@pytest.fixture
def reader_url(tmp_path: Path, postgresql_database_url: str) -> Iterator[str]:
    """A role that may only read a PostgreSQL database of one slot."""
    fill(Small(tmp_path, postgresql_database_url), slots=(72,))
    url, role = make_url(postgresql_database_url), f"reader_{uuid.uuid4().hex}"
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f"CREATE ROLE {role} LOGIN PASSWORD 'reads'"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}"))
        yield url.set(username=role, password="reads").render_as_string(hide_password=False)
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))
    engine.dispose()


def test_a_role_that_may_only_read_is_enough(open_page: Open, reader_url: str) -> None:
    for page in PAGES:
        app = open_page(page, reader_url)
        assert not app.exception
        assert not app.error, said(app)
        assert not app.warning
