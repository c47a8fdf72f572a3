"""Trained models as files: weights, specification and notes in one safetensors file named by its content."""

import hashlib
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import fsspec
import torch
from fsspec.implementations.local import LocalFileSystem
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from tsflow.errors import ArtifactCorrupted, ArtifactError
from tsflow.models import AnySpec, build, spec_from_json

VERSION = 1
"""Version of the header; a file of another one is refused."""
_OBJECT_STORES = frozenset({"s3", "gs", "abfs"})
"""They have no folders; asked to make one, s3fs makes the bucket if it is not there, be its name mistyped."""
_KEY = "tsflow"
"""One key of the header holds everything: the library writes several in no fixed order."""


@dataclass(frozen=True)
class Artifact:
    """Where a model was saved, and the digest of its bytes."""

    url: str
    sha256: str


def save_model(folder: str, model: nn.Module, spec: AnySpec, meta: dict[str, Any]) -> Artifact:
    """Save a model below a folder, at ``<folder>/<first two digits>/<sha256>.safetensors``.

    The same weights, specification and notes give the same file. A reader never sees half of it: a local file
    is written under another name and then moved, and object stores show only whole objects.

    Args:
        folder: Any fsspec URL, or a path.
        model: On any device.
        spec: What it was built from.
        meta: JSON values to keep beside it.

    Raises:
        ArtifactError: If the folder cannot be written to.
    """
    header = {"version": VERSION, "spec": spec.to_json(), "meta": meta}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    content = save(tensors, {_KEY: json.dumps(header, sort_keys=True, allow_nan=False)})
    sha256 = hashlib.sha256(content).hexdigest()
    url = f"{folder.rstrip('/')}/{sha256[:2]}/{sha256}.safetensors"
    with _translated("write", url):
        _write(url, content)
    return Artifact(url, sha256)


def load_model(url: str, sha256: str, device: torch.device) -> tuple[nn.Module, AnySpec, dict[str, Any]]:
    """Load a model, in evaluation mode on a device, with its specification and its notes.

    Raises:
        ArtifactCorrupted: If the bytes are not those that were saved.
        ArtifactError: If there is no such file, or it was made by another version.
    """
    with _translated("read", url):
        filesystem, path = fsspec.core.url_to_fs(url)
        content: bytes = filesystem.cat_file(path)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise ArtifactCorrupted(f"{url} has sha256 {found}, not {sha256}: restore the file, or retrain")
    header = _header(url, content)
    spec = spec_from_json(header["spec"])
    model = build(spec, seed=0)
    try:
        model.load_state_dict(load(content))
    except (RuntimeError, SafetensorError) as error:
        raise ArtifactError(f"{url} does not fit {spec.architecture} as it is now: retrain ({error})") from error
    return model.to(device).eval(), spec, header["meta"]


def delete_model(url: str) -> None:
    """Delete a saved model; one that is not there is no error.

    Raises:
        ArtifactError: If it may not be deleted.
    """
    with _translated("delete", url):
        filesystem, path = fsspec.core.url_to_fs(url)
        if filesystem.exists(path):
            filesystem.rm_file(path)


def _header(url: str, content: bytes) -> dict[str, Any]:
    """What stands before the tensors: eight bytes of length, then JSON (the format of safetensors)."""
    try:
        length = int.from_bytes(content[:8], "little")
        header: dict[str, Any] = json.loads(json.loads(content[8 : 8 + length])["__metadata__"][_KEY])
    except (ValueError, KeyError, TypeError) as error:
        raise ArtifactError(f"{url} is not a model saved by tsflow") from error
    if header.get("version") != VERSION:
        raise ArtifactError(f"{url} has version {header.get('version')}; this code reads {VERSION}: retrain")
    return header


def _write(url: str, content: bytes) -> None:
    filesystem, path = fsspec.core.url_to_fs(url)
    if isinstance(filesystem, LocalFileSystem):
        _write_local(Path(path), content)
        return
    if _OBJECT_STORES.isdisjoint(
        [filesystem.protocol] if isinstance(filesystem.protocol, str) else filesystem.protocol
    ):
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


@contextmanager
def _translated(verb: str, url: str) -> Iterator[None]:
    """Whatever a file system raises: a missing driver, an unknown protocol, its client's own kinds of error."""
    try:
        yield
    except FileNotFoundError as error:
        raise ArtifactError(f"cannot {verb} {url}: it is not there; restore it, or retrain") from error
    except Exception as error:
        raise ArtifactError(f"cannot {verb} {url}: {error}; check the artifact URL and its access") from error
