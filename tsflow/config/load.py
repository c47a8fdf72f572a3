"""From a YAML file and the environment to a `Project`."""

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from tsflow.config.complaints import complaint
from tsflow.config.document import read_yaml
from tsflow.config.project import Project
from tsflow.errors import ConfigError

OVERRIDES = {name: f"TSFLOW_{name.upper()}" for name in ("database", "artifacts", "reports", "device")}


def load_project(path: str | Path = "tsflow.yaml") -> Project:
    """Read a project; environment variables override database, artifacts, reports and device.

    Paths are relative to the file's folder; ``${NAME}`` in any text is taken from the environment.

    Raises:
        ConfigError: If the file is missing, is no YAML, or settings are wrong: a line for each, with the
            file, the path in it, what was found and what is allowed.
    """
    file = Path(path).resolve()
    written = read_yaml(file)
    overrides = {key: os.environ[name] for key, name in OVERRIDES.items() if os.environ.get(name)}
    unset: list[str] = []
    raw = _expanded({key: value for key, value in written.items() if key not in overrides}, (), unset)
    if unset:
        raise ConfigError("\n".join(f"{file}: {problem}" for problem in unset))
    try:
        return Project.model_validate(_anchored(raw | overrides, file.parent))
    except ValidationError as error:
        raise ConfigError("\n".join(_lines(file, written | overrides, overrides, error))) from None


def database_url(path: str | Path, given: str | None) -> str:
    """The database of a project, or one that is ``given`` instead, for which the file need not be there.

    Raises:
        ConfigError: If none is given and the file is missing or wrong.
    """
    if given:
        return _sqlite_path(given, Path(path).resolve().parent)
    return load_project(path).database.get_secret_value()


def place_of(key: str, file: str | Path) -> str:
    """Where a setting of the project comes from: the environment variable that overrides it, else file and key."""
    name = OVERRIDES.get(key, "")
    return f"environment variable {name}" if os.environ.get(name) else f"{file}: {key}"


def _lines(file: Path, written: dict[str, Any], overrides: dict[str, str], error: ValidationError) -> Iterator[str]:
    """One line for each place where something is wrong."""
    problems: dict[str, list[str]] = {}
    for item in error.errors():
        path, problem = complaint(Project, written, item)
        problems.setdefault(path, []).append(problem)
    for path, found in problems.items():
        place = f"environment variable {OVERRIDES[path]}" if path in overrides else f"{file}: {path or 'the file'}"
        yield f"{place}: {'; or '.join(found)}"


def _expanded(value: Any, place: tuple[str, ...], unset: list[str]) -> Any:
    """Replace ${NAME} everywhere; names that are not set are added to ``unset`` with their place."""
    if isinstance(value, dict):
        return {key: _expanded(item, (*place, str(key)), unset) for key, item in value.items()}
    if isinstance(value, list):
        return [_expanded(item, (*place, str(number)), unset) for number, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            unset.append(f"{'.'.join(place)}: environment variable {match[1]} is not set")
        return os.environ.get(match[1], "")

    return re.sub(r"\$\{(\w+)\}", replace, value)


def _anchored(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make local paths absolute, so that the working directory does not matter."""
    raw.setdefault("database", Project.model_fields["database"].default.get_secret_value())
    for folder_of in ("artifacts", "reports"):
        raw.setdefault(folder_of, Project.model_fields[folder_of].default)
        _replace(raw, folder_of, _local_path, folder)
    _replace(raw, "database", _sqlite_path, folder)
    pipelines = raw.get("pipelines")
    for pipeline in pipelines.values() if isinstance(pipelines, dict) else ():
        source = pipeline.get("source") if isinstance(pipeline, dict) else None
        if isinstance(source, dict):
            _replace(source, "path", _local_path, folder)
            _replace(source, "url", _sqlite_path, folder)
    return raw


def _replace(section: dict[str, Any], key: str, anchor: Any, folder: Path) -> None:
    if isinstance(section.get(key), str):
        section[key] = anchor(section[key], folder)


def _local_path(path: str, folder: Path) -> str:
    return path if "://" in path else str(folder / Path(path).expanduser())


def _sqlite_path(url: str, folder: Path) -> str:
    match = re.fullmatch(r"(sqlite(?:\+\w+)?):///(?!/)(.+)", url)
    return f"{match[1]}:///{folder / match[2]}" if match and not match[2].startswith((":", "file:")) else url
