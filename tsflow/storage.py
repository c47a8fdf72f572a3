"""Whole files at any fsspec URL. A store that does not answer is asked again with back-off; one that refuses is not."""

import logging
import os
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import fsspec
from fsspec.implementations.local import LocalFileSystem
from tenacity import RetryCallState, retry, retry_if_exception_type, stop_after_attempt, wait_chain, wait_fixed

from tsflow.config.secrets import masked
from tsflow.errors import ArtifactError, ArtifactUnavailable
from tsflow.outage import is_outage

logger = logging.getLogger("tsflow")

_BACK_OFF = wait_chain(*(wait_fixed(seconds) for seconds in (2, 10, 30)))
_ATTEMPTS = 4
_OBJECT_STORES = frozenset({"s3", "gs", "abfs"})
"""They have no folders; asked to make one, s3fs makes the bucket if it is not there, be its name mistyped."""

Result = TypeVar("Result")


def read(url: str) -> bytes:
    """The bytes of a file.

    Raises:
        ArtifactUnavailable: If the store did not answer at any attempt.
        ArtifactError: If there is no such file, or it may not be read.
    """
    return _patiently("read", url, lambda: _read(url))


def write(url: str, content: bytes) -> None:
    """Write a file whole: a local one is written under another name and moved, object stores show only whole objects.

    Raises:
        ArtifactUnavailable: If the store did not answer at any attempt.
        ArtifactError: If it may not be written.
    """
    _patiently("write", url, lambda: _write(url, content))


def delete(url: str) -> None:
    """Delete a file, at one attempt; one that is not there is no error.

    Raises:
        ArtifactError: If it cannot be deleted.
    """
    _translated("delete", url, lambda: _delete(url))


def probe(folder: str) -> None:
    """Write a file into a folder, read it and delete it again, at one attempt each.

    Raises:
        ArtifactError: If it cannot be written, read or deleted, or if what is read is not what was written.
    """
    url, content = f"{folder.rstrip('/')}/.tsflow-{uuid.uuid4().hex}", uuid.uuid4().bytes
    _translated("write", url, lambda: _write(url, content))
    if _translated("read", url, lambda: _read(url)) != content:
        raise ArtifactError(f"cannot read {masked(url)}: it is not what was written to it; check the URL")
    delete(url)


def _patiently(verb: str, url: str, act: Callable[[], Result]) -> Result:
    retrying = retry(
        stop=stop_after_attempt(_ATTEMPTS),
        wait=_BACK_OFF,
        retry=retry_if_exception_type(ArtifactUnavailable),
        before_sleep=_say,
        reraise=True,
    )
    return retrying(_translated)(verb, url, act)


def _say(state: RetryCallState) -> None:
    assert state.outcome is not None
    assert state.next_action is not None
    logger.warning("%s; again in %g s", state.outcome.exception(), state.next_action.sleep)


def _translated(verb: str, url: str, act: Callable[[], Result]) -> Result:
    """Whatever a file system raises: a missing driver, an unknown protocol, its client's own kinds of error."""
    place = f"cannot {verb} {masked(url)}"
    try:
        return act()
    except FileNotFoundError as error:
        remedy = "restore it, or retrain" if verb == "read" else "check the URL"
        raise ArtifactError(f"{place}: it is not there; {remedy}") from error
    except Exception as error:
        kind = ArtifactUnavailable if is_outage(error) else ArtifactError
        raise kind(f"{place}: {masked(str(error))}; check the URL and its access") from error


def _read(url: str) -> bytes:
    filesystem, path = fsspec.core.url_to_fs(url)
    content: bytes = filesystem.cat_file(path)
    return content


def _write(url: str, content: bytes) -> None:
    filesystem, path = fsspec.core.url_to_fs(url)
    if isinstance(filesystem, LocalFileSystem):
        _write_local(Path(path), content)
        return
    protocols = [filesystem.protocol] if isinstance(filesystem.protocol, str) else filesystem.protocol
    if _OBJECT_STORES.isdisjoint(protocols):
        filesystem.makedirs(path.rsplit("/", 1)[0], exist_ok=True)
    filesystem.pipe_file(path, content)


def _write_local(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with partial.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)


def _delete(url: str) -> None:
    filesystem, path = fsspec.core.url_to_fs(url)
    if filesystem.exists(path):
        filesystem.rm_file(path)
