"""README and docs say what is there."""

import re
from pathlib import Path

import typer

from tsflow.cli import app
from tsflow.cli.errors import EXIT_CODES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")


def test_every_command_is_in_the_readme() -> None:
    group = typer.main.get_command(app)
    names = set(group.commands) - {"db"}  # type: ignore[attr-defined]
    missing = {name for name in names if not re.search(rf"`(tsflow )?{name}\b", README)}
    assert not missing
    assert "`tsflow db upgrade`" in README


def test_every_link_leads_somewhere() -> None:
    for document in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))):
        links = re.findall(r"\]\((?!https?:)([^)#]+)\)", document.read_text("utf-8"))
        assert [link for link in links if not (document.parent / link).exists()] == []


def test_every_document_is_linked() -> None:
    documents = {f"docs/{file.name}" for file in (ROOT / "docs").glob("*.md")}
    assert documents <= set(re.findall(r"\]\(([^)#]+)\)", README))


def test_exit_codes_are_those_of_the_code() -> None:
    said = {int(number) for number in re.findall(r"\b(\d) [a-z]", README.split("Exit codes:")[1].split("\n\n")[0])}
    assert {code for code, _, _ in EXIT_CODES} <= said
