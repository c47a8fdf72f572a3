"""Validation errors in words: the path in the YAML, what was found there, what is allowed."""

import re
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic_core import ErrorDetails

from tsflow.config.base import suggestion
from tsflow.config.secrets import masked


def complaint(model: type[BaseModel], written: Any, error: ErrorDetails) -> tuple[str, str]:
    """The path of one validation error and what is wrong there.

    Args:
        model: What was validated.
        written: The settings as they are written, so that ``${NAME}`` is shown and not what it stands for.
        error: One item of ``ValidationError.errors()``.
    """
    place, holder, kind = _walk(model, error["loc"])
    path = ".".join(place)
    if error["type"] == "extra_forbidden":
        return path, f"unknown key;{_allowed(place[-1], list(holder.model_fields))}"
    if error["type"] == "missing":
        return path, f"required, but missing: {holder.model_fields[place[-1]].description}"
    if error["type"] in ("union_tag_invalid", "union_tag_not_found"):
        tags = [tag for member in get_args(kind) for tag in _tags(member)]
        return f"{path}.kind", _not_allowed(_at(written, [*place, "kind"]), tags)
    if error["type"] == "literal_error":
        return path, _not_allowed(_at(written, place), re.findall(r"'([^']*)'", error["ctx"]["expected"]))
    if error["type"] in ("model_type", "dict_type", "model_attributes_type"):
        return path, "should be a mapping" + _found(_at(written, place), kind, "")
    message = str(error["ctx"]["error"]) if error["type"] == "value_error" else error["msg"]
    return path, message.removeprefix("Input ") + _found(_at(written, place), kind, message)


def _walk(model: type[BaseModel], location: tuple[int | str, ...]) -> tuple[list[str], Any, Any]:
    """The path without pydantic's union tags, the type that holds its last key, and the type there."""
    place: list[str] = []
    holder: Any = None
    kind: Any = model
    for part in location:
        sections = [member for member in get_args(kind) if _is_section(member)]
        if part == "[key]":
            kind = str
        elif get_origin(kind) in (Union, UnionType) and sections:
            kind = next(section for section in sections if part in _tags(section))
        elif get_origin(kind) in (Union, UnionType):
            continue  # which of several plain types was tried
        else:
            place.append(str(part))
            holder, kind = kind, _inside(kind, part)
    return place, holder, kind


def _inside(kind: Any, part: int | str) -> Any:
    if _is_section(kind):
        field = kind.model_fields.get(part)
        return None if field is None else _without_none(field.annotation)
    arguments = get_args(kind)
    return arguments[-1] if get_origin(kind) is dict else next(iter(arguments), None)


def _without_none(kind: Any) -> Any:
    arguments = get_args(kind)
    others = [argument for argument in arguments if argument is not NoneType]
    return others[0] if len(others) == 1 and len(arguments) == 2 else kind


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _tags(section: type[BaseModel]) -> tuple[str, ...]:
    return get_args(section.model_fields["kind"].annotation)


def _at(written: Any, place: list[str]) -> Any:
    for part in place:
        if isinstance(written, list):
            written = written[int(part)]
        else:
            written = written.get(part) if isinstance(written, dict) else None
    return written


def _allowed(found: object, allowed: list[str]) -> str:
    return f"{suggestion(found, allowed)} allowed: {', '.join(allowed)}"


def _not_allowed(found: object, allowed: list[str]) -> str:
    return f"found {'nothing' if found is None else repr(found)};{_allowed(found, allowed)}"


def _found(found: Any, kind: Any, message: str) -> str:
    """What is written there, unless it is said already, or is a whole section, or a secret."""
    if kind is SecretStr or isinstance(found, dict | list) or repr(found) in message:
        return ""
    return " (found nothing)" if found is None else f" (found {masked(repr(found))[:80]})"
