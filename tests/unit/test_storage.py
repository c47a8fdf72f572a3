"""Files at URLs: what is an outage is waited out, what is refused is told at once."""

import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import fsspec
import pytest
import s3fs

from tsflow import storage
from tsflow.errors import ArtifactError, ArtifactUnavailable, SourceUnavailable
from tsflow.sources.files import opened

NOBODY = "http://127.0.0.1:9"


class Refusing(BaseHTTPRequestHandler):
    """A store that answers every request with one status."""

    protocol_version = "HTTP/1.1"
    status = 503

    def _answer(self) -> None:
        self.rfile.read(int(self.headers.get("content-length") or 0))
        self.send_response(self.status)
        self.send_header("content-length", "0")
        self.end_headers()

    do_GET = do_HEAD = do_PUT = _answer  # noqa: N815 - the names that the server looks for

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def waits(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[float]]:
    """The seconds that were to be waited, which take none; and a client of S3 that does not try again by itself."""
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    monkeypatch.setattr(s3fs.S3FileSystem, "retries", 1)
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    s3fs.S3FileSystem.clear_instance_cache()
    yield waited
    s3fs.S3FileSystem.clear_instance_cache()


FileOn = Callable[[str, int], str]


@pytest.fixture
def file_on(s3_bucket: str, waits: list[float], monkeypatch: pytest.MonkeyPatch) -> Iterator[FileOn]:
    """The URL, by protocol, of a file on a server that answers every request with one status."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Refusing)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_port}"

    def url(protocol: str, status: int) -> str:
        monkeypatch.setattr(Refusing, "status", status)
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        return f"{s3_bucket}/a" if protocol == "s3" else f"{address}/a"

    yield url
    server.shutdown()
    server.server_close()


def test_a_store_that_does_not_answer_is_asked_again_with_back_off(
    s3_bucket: str, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    with pytest.raises(ArtifactUnavailable, match=r"Could not connect .*; check the URL and its access") as raised:
        storage.write(f"{s3_bucket}/a", b"1")
    assert raised.value.transient
    assert waits == [2, 10, 30]


def test_a_store_that_answers_again_has_cost_nothing(
    s3_bucket: str, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    storage.write(f"{s3_bucket}/a", b"1")
    with monkeypatch.context() as outage:

        def mended(_: float) -> None:
            outage.undo()
            s3fs.S3FileSystem.clear_instance_cache()

        outage.setenv("AWS_ENDPOINT_URL", NOBODY)
        outage.setattr(time, "sleep", mended)
        s3fs.S3FileSystem.clear_instance_cache()
        assert storage.read(f"{s3_bucket}/a") == b"1"


@pytest.mark.parametrize("status", [429, 500, 503])
@pytest.mark.parametrize("protocol", ["s3", "http"])
def test_a_server_at_fault_is_asked_again(file_on: FileOn, waits: list[float], protocol: str, status: int) -> None:
    with pytest.raises(ArtifactUnavailable):
        storage.read(file_on(protocol, status))
    assert waits == [2, 10, 30]


@pytest.mark.parametrize("status", [401, 403, 404])
@pytest.mark.parametrize("protocol", ["s3", "http"])
def test_what_is_refused_or_missing_is_told_at_once(
    file_on: FileOn, waits: list[float], protocol: str, status: int
) -> None:
    with pytest.raises(ArtifactError) as raised:
        storage.read(file_on(protocol, status))
    assert not raised.value.transient
    assert waits == []


def test_a_bucket_that_is_not_there_is_told_at_once(s3_bucket: str, waits: list[float]) -> None:
    with pytest.raises(ArtifactError, match="it is not there; check the URL"):
        storage.write("s3://mistyped/a", b"1")
    assert waits == []


def test_a_source_in_a_store_that_does_not_answer_may_be_tried_again(
    s3_bucket: str, waits: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", NOBODY)
    with pytest.raises(SourceUnavailable, match="did not answer"), opened(f"{s3_bucket}/a.csv") as file:
        file.read()


def test_a_file_that_is_deleted_twice_is_gone(s3_bucket: str) -> None:
    storage.write(f"{s3_bucket}/a", b"1")
    for _ in range(2):
        storage.delete(f"{s3_bucket}/a")
    assert not fsspec.filesystem("s3").exists(f"{s3_bucket}/a")
