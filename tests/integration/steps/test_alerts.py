"""What somebody is told, and how often, on both databases."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from tests.projects import WALL, Small, seasonal
from tsflow.cli import app
from tsflow.errors import QualityError
from tsflow.steps import Alert, send


class Listening(HTTPServer):
    """A webhook that keeps what it is sent."""

    def __init__(self) -> None:
        self.heard: list[dict[str, Any]] = []
        self.answer = 200
        super().__init__(("127.0.0.1", 0), _Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        assert isinstance(self.server, Listening)
        self.server.heard.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture
def webhook(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listening]:
    with Listening() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        monkeypatch.setenv("TSFLOW_ALERT_URL", f"http://127.0.0.1:{server.server_port}/hook?token=s3cret")
        yield server
        server.shutdown()
        thread.join()


def test_an_alert_of_a_slot_is_told_once(small: Small, webhook: Listening) -> None:
    engine = small.engine()
    for _ in range(2):
        send(Alert("late", "small", "no forecast", WALL), engine=engine, now=WALL)
    send(Alert("late", "small", "no forecast", WALL + timedelta(hours=1)), engine=engine, now=WALL)
    engine.dispose()
    assert webhook.heard[0] == {
        "text": "tsflow: small: late: no forecast",
        "kind": "late",
        "pipeline": "small",
        "message": "no forecast",
        "slot": WALL.isoformat(),
    }
    assert len(webhook.heard) == 2
    assert small.rows("SELECT kind, message FROM alerts") == [{"kind": "late", "message": "no forecast"}] * 2


def test_an_alert_that_did_not_get_through_is_told_again(
    small: Small, webhook: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    engine = small.engine()
    alert = Alert("late", "small", "no forecast", WALL)
    webhook.answer = 503
    send(alert, engine=engine, now=WALL)
    assert "did not get through" in caplog.text
    assert "s3cret" not in caplog.text
    webhook.answer = 200
    for _ in range(2):
        send(alert, engine=engine, now=WALL)
    engine.dispose()
    assert len(webhook.heard) == 2
    assert len(small.rows("SELECT id FROM alerts")) == 1


def test_a_channel_that_is_dead_does_not_make_the_others_repeat(
    small: Small, webhook: Listening, caplog: pytest.LogCaptureFixture
) -> None:
    heard = []

    def another(alert: Alert) -> None:
        heard.append(alert)

    engine = small.engine()
    alert = Alert("late", "small", "no forecast", WALL)
    webhook.answer = 410
    for channels in ((another,), (another,), ()):
        send(alert, engine=engine, channels=channels, now=WALL)
    engine.dispose()
    assert heard == [alert]
    assert caplog.text.count("alert: small: late: no forecast") == 1
    assert len(webhook.heard) == 3
    assert small.rows("SELECT kind, message FROM alerts") == [{"kind": "late", "message": "no forecast"}]


def test_a_channel_that_fails_costs_nothing_else(small: Small, webhook: Listening) -> None:
    def broken(_alert: Alert) -> None:
        raise RuntimeError

    send(Alert("failed", "small", "no database"), engine=None, channels=(broken,), now=WALL)
    assert len(webhook.heard) == 1


def test_refused_rows_are_announced_above_the_share_of_each_threshold(small: Small, webhook: Listening) -> None:
    bad = seasonal()
    bad["y"] = bad["y"].astype(str)
    bad.loc[:14, "y"] = "n/a!"
    small.write(bad)
    small.run()
    bad.loc[::2, "y"] = "n/a!"
    small.write(bad)
    small.configure(quality={"max_bad_share": 0.3})
    with pytest.raises(QualityError):
        small.run(slot=datetime(2024, 1, 1, tzinfo=UTC), force=True)
    told = small.rows("SELECT kind, message FROM alerts ORDER BY id")
    assert [row["kind"] for row in told] == ["quarantine"]
    assert "10.4% of the rows were refused" in told[0]["message"]


def test_a_champion_that_lost_to_seasonal_naive_is_announced(small: Small, webhook: Listening) -> None:
    season = np.tile(np.arange(12.0), 6)
    small.write(seasonal().assign(y=np.concatenate([season, season])))
    small.run()
    assert small.rows("SELECT outcome FROM decisions") == [{"outcome": "baseline"}]
    assert [alert["kind"] for alert in webhook.heard] == ["baseline"]


def test_a_late_pipeline_is_told_once_an_outage_and_fails_a_probe(small: Small, webhook: Listening) -> None:
    small.configure(clock="wall", schedule="0 6 1 * *", architectures=["stage"])
    small.write(seasonal(start="2018-07-01"))
    long_ago = datetime(2024, 7, 1, 6, tzinfo=UTC)
    small.run(wall=long_ago)
    probe = ["status", "--check", "--config", small.config]
    assert CliRunner().invoke(app, probe).exit_code == 1
    for _ in range(2):
        assert CliRunner().invoke(app, [*probe, "--alert"]).exit_code == 1
    assert [(alert["kind"], alert["slot"]) for alert in webhook.heard] == [("late", "2024-08-01T06:00:00+00:00")]
    assert "waiting for the run that was due at 2024-08-01 06:00:00" in webhook.heard[0]["message"]


def test_a_pipeline_that_is_well_passes_a_probe(small: Small, webhook: Listening) -> None:
    small.run()
    assert CliRunner().invoke(app, ["status", "--check", "--alert", "--config", small.config]).exit_code == 0
    assert webhook.heard == []
