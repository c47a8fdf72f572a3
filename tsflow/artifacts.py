"""Trained models as files: weights, specification and notes in one safetensors file named by its content."""

import hashlib
import json
from dataclasses import dataclass
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn

from tsflow import storage
from tsflow.errors import ArtifactCorrupted, ArtifactError
from tsflow.models import AnySpec, build, spec_from_json

VERSION = 1
"""Version of the header; a file of another one is refused."""
_KEY = "tsflow"
"""One key of the header holds everything: the library writes several in no fixed order."""


@dataclass(frozen=True)
class Artifact:
    """Where a model was saved, and the digest of its bytes."""

    url: str
    sha256: str


def save_model(folder: str, model: nn.Module, spec: AnySpec, meta: dict[str, Any]) -> Artifact:
    """Save a model below a folder, at ``<folder>/<first two digits>/<sha256>.safetensors``.

    The same weights, specification and notes give the same file. A reader never sees half of it.

    Args:
        folder: Any fsspec URL, or a path.
        model: On any device.
        spec: What it was built from.
        meta: JSON values to keep beside it.

    Raises:
        ArtifactUnavailable: If the store does not answer.
        ArtifactError: If the folder cannot be written to.
    """
    header = {"version": VERSION, "spec": spec.to_json(), "meta": meta}
    tensors = {name: tensor.detach().cpu().contiguous() for name, tensor in model.state_dict().items()}
    content = save(tensors, {_KEY: json.dumps(header, sort_keys=True, allow_nan=False)})
    sha256 = hashlib.sha256(content).hexdigest()
    url = f"{folder.rstrip('/')}/{sha256[:2]}/{sha256}.safetensors"
    storage.write(url, content)
    return Artifact(url, sha256)


def load_model(url: str, sha256: str, device: torch.device) -> tuple[nn.Module, AnySpec, dict[str, Any]]:
    """Load a model, in evaluation mode on a device, with its specification and its notes.

    Raises:
        ArtifactCorrupted: If the bytes are not those that were saved.
        ArtifactUnavailable: If the store does not answer.
        ArtifactError: If there is no such file, or it was made by another version.
    """
    content = storage.read(url)
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
    storage.delete(url)


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
