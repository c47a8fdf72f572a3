"""Checks of what the configuration names: architectures, device, database, artifact store."""

import os
from pathlib import Path

from tsflow.cli.checks.finding import Finding
from tsflow.config import Project
from tsflow.config.secrets import masked
from tsflow.errors import ArtifactError, ConfigError, DeviceError, SchemaOutdated, StoreError


def device(name: str) -> Finding:
    """Whether the configured device is there."""
    from tsflow.training.device import describe_device, resolve_device

    try:
        return Finding("ok", "device", f"{name}: {describe_device(resolve_device(name))}")
    except DeviceError as error:
        return Finding("fail", "device", str(error), "set `device` or TSFLOW_DEVICE; `auto` takes what there is")


def architectures(project: Project) -> Finding:
    """Whether every architecture that a pipeline asks for is registered."""
    from tsflow.models import ARCHITECTURES, check_architectures

    try:
        for name, pipeline in project.pipelines.items():
            check_architectures(pipeline.architectures, f"pipelines.{name}.architectures")
    except ConfigError as error:
        return Finding("fail", "architectures", str(error), "name one that is registered")
    return Finding("ok", "architectures", f"registered: {', '.join(ARCHITECTURES)}")


def database(url: str) -> Finding:
    """Whether the database answers, has this version's tables, and may be written to."""
    from sqlalchemy import false, update

    from tsflow.store import migrate, schema
    from tsflow.store.engine import opened, place, writing

    try:
        new = _new_file(url)
        if new is not None:
            return new
        with opened(url) as engine:
            migrate.check(engine)
            with writing(engine) as connection:
                connection.execute(update(schema.runs).values(error=None).where(false()))
            return Finding("ok", "database", f"{place(engine)}: writable, revision {migrate.revision(engine)}")
    except SchemaOutdated as error:
        return Finding("warn", "database", str(error), "`tsflow db upgrade`; a first run makes new tables itself")
    except (ConfigError, StoreError) as error:
        return Finding("fail", "database", masked(str(error)), "set `database` or TSFLOW_DATABASE")


def _new_file(url: str) -> Finding | None:
    """A SQLite file that is not there yet is no fault, and a doctor should not make it."""
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        parsed = make_url(url)
    except ArgumentError:
        return None  # `connect` says so in words
    file = Path(parsed.database or "")
    if parsed.get_backend_name() != "sqlite" or not parsed.database or file.exists():
        return None
    there = next(folder for folder in file.absolute().parents if folder.exists())
    if not os.access(there, os.W_OK):
        remedy = "grant write permission, or set `database` or TSFLOW_DATABASE"
        return Finding("fail", "database", f"{file} cannot be made: {there} is read-only", remedy)
    return Finding("ok", "database", f"SQLite {file}: not there yet, the first run makes it")


def artifacts(url: str) -> Finding:
    """Whether a file can be written to, read from and removed from the artifact store."""
    from tsflow import storage

    try:
        storage.probe(url)
    except ArtifactError as error:
        remedy = "set `artifacts` or TSFLOW_ARTIFACTS to a folder or fsspec URL that may be written to"
        return Finding("fail", "artifacts", str(error), remedy)
    return Finding("ok", "artifacts", masked(f"{url}: writable"))
