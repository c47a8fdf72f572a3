"""A small project on each database."""

from pathlib import Path

import pytest

from tests.projects import Small, seasonal


@pytest.fixture
def small(tmp_path: Path, database_url: str) -> Small:
    """Two monthly series; the test runs once on each kind of database."""
    project = Small(tmp_path, database_url)
    project.configure()
    project.write(seasonal())
    return project
