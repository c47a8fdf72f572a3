"""The provisioned Grafana dashboard: every query of it answers, on PostgreSQL, with what its panel can draw."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from tsflow.store import specimen
from tsflow.store.engine import connect

FOLDER = Path(__file__).parents[3] / "deployments" / "grafana"
BOARD = json.loads((FOLDER / "dashboards" / "tsflow.json").read_text(encoding="utf-8"))


@pytest.fixture
def filled(postgresql_database_url: str) -> Any:
    engine = connect(postgresql_database_url)
    specimen.fill(engine)
    yield engine
    engine.dispose()


def test_every_query_of_the_dashboard_answers(filled: Engine) -> None:
    for variable in BOARD["templating"]["list"]:
        assert _rows(filled, variable["query"]), variable["name"]
    for panel in BOARD["panels"]:
        for target in panel["targets"]:
            rows = _rows(filled, target["rawSql"])
            assert rows, panel["title"]
            if target["format"] == "time_series":
                assert isinstance(rows[0]["time"], datetime), panel["title"]
            assert target["datasource"]["uid"] == "tsflow"


def test_the_panels_do_not_overlap() -> None:
    taken = set()
    for panel in BOARD["panels"]:
        place = panel["gridPos"]
        across, down = (range(place[at], place[at] + place[size]) for at, size in (("x", "w"), ("y", "h")))
        cells = {(x, y) for x in across for y in down}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def _rows(engine: Engine, query: str) -> list[dict[str, Any]]:
    query = query.replace("$pipeline", "sales").replace("$series", "store-1")
    with engine.connect() as connection:
        return [dict(row) for row in connection.execute(text(query)).mappings()]
