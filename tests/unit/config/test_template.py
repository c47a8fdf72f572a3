import re
from pathlib import Path

import pytest
from pydantic import BaseModel

from tsflow import config
from tsflow.config import Project, load_project
from tsflow.config.base import Settings
from tsflow.config.template import project_template

SECTIONS = [section for section in vars(config).values() if isinstance(section, type) and issubclass(section, Settings)]


def loaded(folder: Path, text: str) -> Project:
    file = folder / "tsflow.yaml"
    file.write_text(text, encoding="utf-8")
    return load_project(file)


def test_the_template_loads(tmp_path: Path) -> None:
    assert list(loaded(tmp_path, project_template()).pipelines) == ["demand"]


def test_its_commented_settings_are_the_defaults(tmp_path: Path) -> None:
    template = project_template()
    uncommented = re.sub(r"^( *)#(?=\w)", r"\1", template, flags=re.MULTILINE)
    assert uncommented != template
    settings = loaded(tmp_path, uncommented).model_dump()
    settings["pipelines"]["demand"]["source"].pop("melt")  # present or not is what it says
    expected = loaded(tmp_path, template).model_dump()
    expected["pipelines"]["demand"]["source"].pop("melt")
    assert settings == expected


@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.__name__)
def test_every_setting_is_described(section: type[BaseModel]) -> None:
    assert [name for name, field in section.model_fields.items() if not field.description] == []


def test_every_setting_stands_in_the_template() -> None:
    template = project_template()
    missing = [name for section in SECTIONS for name in section.model_fields if not re.search(rf"\b{name}\b", template)]
    assert missing == []
