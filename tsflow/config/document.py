"""Reading a YAML file strictly: a key that stands twice is an error, and no error quotes the file's text."""

from collections.abc import Hashable
from pathlib import Path
from typing import Any

import yaml

from tsflow.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """YAML's plain types, each key once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Hashable] = set()
        for key_node, _ in node.value:
            key = key_node.value
            if not isinstance(key, str) or key == "<<":
                continue
            if key in seen:
                problem = f"the key {key!r} stands here for the second time"
                raise yaml.constructor.ConstructorError(problem=problem, problem_mark=key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def read_yaml(file: Path) -> dict[str, Any]:
    """The mapping in a YAML file.

    Raises:
        ConfigError: If there is no such file, or it cannot be read, or it holds no mapping. The text around
            an error is not quoted, since it may hold a password.
    """
    try:
        raw = yaml.load(file.read_text(encoding="utf-8-sig"), Loader=_Loader)  # a SafeLoader
    except FileNotFoundError:
        raise ConfigError(f"{file}: no such file; `tsflow init` writes one") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror}") from None
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = "" if mark is None else f"line {mark.line + 1}, column {mark.column + 1}: "
        raise ConfigError(f"{file}: {line}not valid YAML: {error.problem}") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ConfigError(f"{file}: not valid YAML: {error}") from None
    if not isinstance(raw, dict):
        raise ConfigError(f"{file}: expected a mapping with the key `pipelines`, found {_noun(raw)}")
    return raw


def _noun(raw: object) -> str:
    return "an empty file" if raw is None else f"a {type(raw).__name__}"
