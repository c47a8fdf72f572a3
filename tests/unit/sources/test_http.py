"""Documents of a real server, which fails as servers do."""

import gzip
import json
import threading
from collections.abc import Iterator
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pandas as pd
import pytest

from tsflow.config import HttpSource
from tsflow.errors import DataError, SourceError, SourceUnavailable
from tsflow.sources import on_this_machine, read

CSV = b"ds,y\n2024-01-01,1\n2024-01-02,2\n"


class Server(ThreadingHTTPServer):
    """Answers each request with the next of its answers, the last one for ever."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answers: list[tuple[int, bytes]] = []
        self.requests: list[Message] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/data?token=s3cret"


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        server = self.server
        assert isinstance(server, Server)
        server.requests.append(self.headers)
        status, body = server.answers[min(len(server.requests), len(server.answers)) - 1]
        self.send_response(status)
        if status == 302:
            self.send_header("Location", body.decode())
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *arguments: object) -> None:
        pass


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        thread = threading.Thread(target=running.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield running
        running.shutdown()
        thread.join()


def http(server: Server, *answers: tuple[int, bytes], **settings: object) -> HttpSource:
    server.answers = list(answers)
    return HttpSource.model_validate({"kind": "http", "url": server.address, "timeout": 5, **settings})


def rows_of(source: HttpSource) -> pd.DataFrame:
    return pd.concat(list(read(source, "alone")), ignore_index=True)


@pytest.mark.parametrize("status", [408, 425, 429, 503])
def test_a_server_that_fails_twice_is_asked_again(server: Server, status: int) -> None:
    frame = rows_of(http(server, (status, b""), (status, b""), (200, CSV), attempts=3))
    assert frame["y"].tolist() == ["1", "2"]
    assert frame["origin"].unique().tolist() == ["127.0.0.1"]
    assert len(server.requests) == 3


def test_a_server_that_goes_on_failing_is_unavailable(server: Server) -> None:
    with pytest.raises(SourceUnavailable, match="status 503") as caught:
        rows_of(http(server, (503, b""), attempts=2))
    assert len(server.requests) == 2
    assert caught.value.transient
    assert "s3cret" not in str(caught.value)


def test_a_refusal_is_not_repeated(server: Server) -> None:
    with pytest.raises(SourceError, match="status 404") as caught:
        rows_of(http(server, (404, b"")))
    assert len(server.requests) == 1
    assert not caught.value.transient
    assert "s3cret" not in str(caught.value)


def test_nobody_there_is_unavailable(server: Server) -> None:
    source = HttpSource.model_validate({"kind": "http", "url": "http://127.0.0.1:1/", "attempts": 1})
    with pytest.raises(SourceUnavailable, match=r"127\.0\.0\.1.*ConnectError"):
        rows_of(source)


def test_headers_are_sent(server: Server) -> None:
    rows_of(http(server, (200, CSV), headers={"Authorization": "Bearer s3cret"}))
    assert server.requests[0]["Authorization"] == "Bearer s3cret"


def test_headers_follow_a_redirection_on_the_same_host_only(server: Server) -> None:
    elsewhere = f"http://localhost:{server.server_port}/"
    redirected = [(302, b"/there"), (302, elsewhere.encode()), (200, CSV)]
    rows_of(http(server, *redirected, headers={"X-Api-Key": "s3cret", "Authorization": "Bearer s3cret"}))
    sent = [(request["X-Api-Key"], request["Authorization"]) for request in server.requests]
    assert sent == [("s3cret", "Bearer s3cret")] * 2 + [(None, None)]


def test_a_compressed_document_is_read(server: Server) -> None:
    assert rows_of(http(server, (200, gzip.compress(CSV))))["y"].tolist() == ["1", "2"]


def test_semicolons_are_a_setting(server: Server) -> None:
    source = http(server, (200, b"ds;y\n2024;1,5\n"), separator=";", decimal=",")
    assert rows_of(source)["y"].tolist() == ["1,5"]


def test_json_records_are_found_by_their_path(server: Server) -> None:
    records = [
        {"ds": "2024-01-01", "y": 1, "x": 0},
        {"ds": "2024-01-02"},
        "noise",
        {"ds": "2024-01-03", "y": 2.5},
    ]
    body = json.dumps({"result": {"rows": records}}).encode()
    frame = rows_of(http(server, (200, body), format="json", records="result.rows"))
    good = frame[frame["broken"].isna()]
    assert good["ds"].tolist() == ["2024-01-01", "2024-01-02", "2024-01-03"]
    assert good["y"].isna().tolist() == [False, True, False]
    assert good["row"].tolist() == [1, 2, 4]
    assert frame.loc[frame["broken"].notna(), "broken"].tolist() == ['"noise"']


def test_half_a_character_of_json_spoils_its_cell_alone(server: Server) -> None:
    body = json.dumps([{"ds": "2024-01-01", "y": 1, "id": "a\ud800"}, {"ds": "2024-01-01", "y": 2, "id": "b"}])
    frame = rows_of(http(server, (200, body.encode()), format="json", columns={"unique_id": "id"}))
    assert frame["unique_id"].tolist() == ["a\ufffd", "b"]


@pytest.mark.parametrize(
    ("body", "settings", "message"),
    [
        (b"<html>", {}, "not JSON"),
        (b'{"rows": []}', {}, r"expected a list of records, found dict with the keys 'rows'"),
        (b'{"rows": []}', {"records": "data.rows"}, r"no 'data' .* the keys there: 'rows'"),
        (b'[{"ds": "2024"}]', {}, r"no column 'y'"),
    ],
)
def test_other_documents_are_said_to_be_so(
    server: Server, body: bytes, settings: dict[str, object], message: str
) -> None:
    with pytest.raises(SourceError, match=message):
        rows_of(http(server, (200, body), format="json", **settings))


def test_an_empty_document_has_no_rows(server: Server) -> None:
    with pytest.raises(DataError, match="no rows"):
        rows_of(http(server, (200, b"[]"), format="json"))


def test_a_source_that_is_read_twice_is_fetched_once(server: Server) -> None:
    with on_this_machine(http(server, (200, CSV), (200, b"ds,y\n"))) as source:
        first, second = (pd.concat(list(read(source, "alone"))) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)
    assert len(server.requests) == 1
