"""From a YAML file and the environment to a `Project`."""

import os
import re
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from tsflow.config.project import Project
from tsflow.errors import ConfigError

OVERRIDES = {"database": "TSFLOW_DATABASE", "artifacts": "TSFLOW_ARTIFACTS", "device": "TSFLOW_DEVICE"}


def load_project(path: str | Path = "tsflow.yaml") -> Project:
    """Read a project; environment variables override database, artifacts and device.

    Paths are relative to the file's folder; ``${NAME}`` in any text is taken from the environment.

    Raises:
        ConfigError: If the file is missing, is no YAML, or a setting is wrong: with the file, the path in it,
            what was found and what is allowed.
    """
    file = Path(path).resolve()
    raw = _read(file)
    raw.update({key: os.environ[name] for key, name in OVERRIDES.items() if os.environ.get(name)})
    try:
        return Project.model_validate(_anchored(_expand(raw, file, ()), file.parent))
    except ValidationError as error:
        raise ConfigError("\n".join(_complaint(file, item) for item in error.errors())) from None


def _read(file: Path) -> dict[str, Any]:
    try:
        raw = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file; `tsflow init` writes one") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: not readable as YAML: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: expected a mapping with the key `pipelines`, found {type(raw).__name__}")
    return raw


def _expand(value: Any, file: Path, place: tuple[str, ...]) -> Any:
    """Replace ${NAME} everywhere; an unset name is an error that says where it stands."""
    if isinstance(value, dict):
        return {key: _expand(item, file, (*place, str(key))) for key, item in value.items()}
    if isinstance(value, list):
        return [_expand(item, file, (*place, str(number))) for number, item in enumerate(value)]
    if not isinstance(value, str):
        return value

    def replace(match: re.Match[str]) -> str:
        if match[1] not in os.environ:
            raise ConfigError(f"{file}: {'.'.join(place)}: environment variable {match[1]} is not set")
        return os.environ[match[1]]

    return re.sub(r"\$\{(\w+)\}", replace, value)


def _anchored(raw: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Make local paths absolute, so that the working directory does not matter."""
    raw.setdefault("database", "sqlite:///tsflow.db")
    raw.setdefault("artifacts", "artifacts")
    if isinstance(raw["database"], str):
        raw["database"] = _sqlite_path(raw["database"], folder)
    if isinstance(raw["artifacts"], str) and "://" not in raw["artifacts"]:
        raw["artifacts"] = str(folder / raw["artifacts"])
    pipelines = raw.get("pipelines")
    for pipeline in pipelines.values() if isinstance(pipelines, dict) else ():
        source = pipeline.get("source") if isinstance(pipeline, dict) else None
        if isinstance(source, dict) and isinstance(source.get("path"), str) and "://" not in source["path"]:
            source["path"] = str(folder / source["path"])
        if isinstance(source, dict) and source.get("kind") == "sql" and isinstance(source.get("url"), str):
            source["url"] = _sqlite_path(source["url"], folder)
    return raw


def _sqlite_path(url: str, folder: Path) -> str:
    match = re.fullmatch(r"(sqlite(?:\+\w+)?):///(?!/)(.+)", url)
    return f"{match[1]}:///{folder / match[2]}" if match and not match[2].startswith((":", "file:")) else url


def _complaint(file: Path, item: Any) -> str:
    """One problem in one line: file, path, what was found, what is allowed; never the value of a secret."""
    place = ".".join(str(part) for part in item["loc"])
    found = item.get("input")
    shown = "" if isinstance(found, dict) or item["type"] == "missing" else f" (found {found!r})"
    return f"{file}: {place}: {item['msg']}{shown}"
