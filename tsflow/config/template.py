"""The commented `tsflow.yaml` that `tsflow init` writes: made from the model, so never out of date."""

import json
from textwrap import wrap
from typing import Any, get_args

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from tsflow.config.project import Project
from tsflow.config.source import CsvSource, SourceSettings

_WIDTH = 110
_COLUMN = 32
_HEAD = """\
# A tsflow project: `tsflow run` reads the series, trains, chooses and writes the forecasts into the database.
# A line such as `#device: auto` is a setting with its default: take the `#` away to change it.
# ${NAME} is replaced by the environment variable NAME: keep passwords there, for example
#   database: postgresql+psycopg://tsflow:${DATABASE_PASSWORD}@localhost/tsflow
# TSFLOW_DATABASE, TSFLOW_ARTIFACTS, TSFLOW_REPORTS and TSFLOW_DEVICE override the settings of those names.
# Paths are relative to this file. After a change, `tsflow doctor` says whether it all works.
"""
_GIVEN: dict[str, Any] = {
    "database": "sqlite:///tsflow.db",
    "pipelines": {
        "demand": {
            "source": {
                "kind": "csv",
                "path": "data/demand.csv",
                "columns": {"unique_id": "unique_id", "ds": "ds", "y": "y"},
            },
            "frequency": "D",
            "horizon": 14,
        }
    },
}


def project_template() -> str:
    """A commented YAML file with every setting; it loads as it is, for the daily ``data/demand.csv``."""
    return _HEAD + "\n".join(_section(Project, _GIVEN, 0)) + "\n"


def _section(model: type[BaseModel], given: dict[str, Any], depth: int) -> list[str]:
    """A model's settings: those given as they are, the others as comments with their defaults."""
    lines: list[str] = []
    for name, field in model.model_fields.items():
        first, *rest = _setting(name, field, given, depth)
        lines += [""] if depth == 0 else []
        lines += _explained("  " * depth + first, field.description or "", "  " * depth) + rest
    return lines


def _setting(name: str, field: FieldInfo, given: dict[str, Any], depth: int) -> list[str]:
    """The setting's line, without its indent, and the lines of the section that it opens."""
    nested = _nested(field)
    if name == "pipelines":
        ((example, settings),) = given[name].items()
        return ["pipelines:", f"  {example}:", *_section(nested, settings, depth + 2)]
    if name == "source":
        kinds = [f"{'  ' * (depth + 1)}# {line}" for line in _kinds(field)]
        return ["source:", *kinds, *_section(CsvSource, given[name], depth + 1)]
    mark = "" if name in given else "#"
    if nested is not None:
        return [f"{mark}{name}:", *_section(nested, given.get(name, {}), depth + 1)]
    return [f"{mark}{name}: {_text(given.get(name, field.default))}"]


def _explained(line: str, description: str, pad: str) -> list[str]:
    """The description at the right of a setting, or above it where there is no room."""
    beside = f"{line:<{_COLUMN}} # {description}"
    if len(beside) <= _WIDTH:
        return [beside]
    return [*(f"{pad}# {part}" for part in wrap(description, _WIDTH - len(pad) - 2)), line]


def _nested(field: FieldInfo) -> Any:
    """The section that a field holds, if it holds one."""
    kinds = [field.annotation, *get_args(field.annotation)]
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _kinds(field: FieldInfo) -> list[str]:
    """A line for each kind of source, with the keys that are its own."""
    lines = []
    for source in get_args(field.annotation):
        own = [key for key in source.model_fields if key not in SourceSettings.model_fields and key != "kind"]
        lines.append(f"kind: {get_args(source.model_fields['kind'].annotation)[0]} has {', '.join(own)}")
    return lines


def _text(value: Any) -> str:
    """A value as YAML, which reads JSON."""
    if isinstance(value, SecretStr):
        value = value.get_secret_value()
    if isinstance(value, str) and len(value) > 1:
        return value
    return f"{value:g}" if isinstance(value, float) else json.dumps(value, default=str)
