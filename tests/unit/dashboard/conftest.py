"""A database that a pipeline has filled in three slots, which no test changes."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pandas as pd
import pytest

from tests.projects import WALL, Small, seasonal

streamlit = pytest.importorskip("streamlit")

from streamlit.testing.v1 import AppTest  # noqa: E402

Open = Callable[..., AppTest]


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory, _sqlite_template: bytes) -> Small:
    """Two series, three slots, a refused row, forecasts of which some came true."""
    folder = tmp_path_factory.mktemp("dashboard")
    (folder / "tsflow.db").write_bytes(_sqlite_template)
    project = Small(folder, f"sqlite:///{folder / 'tsflow.db'}")
    fill(project)
    return project


def fill(project: Small, slots: tuple[int, ...] = (72, 73, 74)) -> None:
    """Run a pipeline for slots after so many months, all but the first with a row that is refused."""
    project.configure(architectures=["stage"])
    for months in slots:
        frame = seasonal(months=months)
        if months > 72:
            frame = pd.concat([frame, pd.DataFrame({"unique_id": ["b"], "ds": ["2018-01-15"], "y": [1.0]})])
        project.write(frame)
        project.run(WALL)


@pytest.fixture
def open_page(filled: Small, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """Open a page on the filled database, or on another, with a query in its address."""

    def open_it(page: str, database: str = filled.database_url, **query: str) -> AppTest:
        monkeypatch.setenv("TSFLOW_DATABASE", database)
        script = f"""
from tsflow.dashboard.screens import {page}
from tsflow.dashboard.shell import guarded
guarded({page}.page)()
"""
        app = AppTest.from_string(script, default_timeout=120)
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    streamlit.cache_data.clear()
    yield open_it
    streamlit.cache_data.clear()
    streamlit.cache_resource.clear()


def said(app: AppTest) -> str:
    """All that the page says in words."""
    kinds = (app.header, app.subheader, app.markdown, app.caption, app.text, app.error, app.warning)
    return "\n".join(str(element.value) for kind in kinds for element in kind)


APP = Path(__file__).parents[3] / "tsflow" / "dashboard" / "app.py"
