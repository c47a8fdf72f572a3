"""A ticket on another machine: its own copy of the configuration, its own way to the database."""

from pathlib import Path

import pytest

from tests.projects import WALL, Small
from tsflow import steps
from tsflow.errors import ConfigError


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    return folder


def moved(small: Small, folder: Path) -> str:
    """Move the configuration, as seen from a machine that has it in another place."""
    return str(Path(small.config).rename(folder / "forecasts.yaml"))


def test_a_ticket_is_good_on_a_machine_that_has_the_configuration_elsewhere(
    small: Small, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket:
        monkeypatch.setenv("TSFLOW_CONFIG", moved(small, elsewhere))
        monkeypatch.setenv("TSFLOW_ARTIFACTS", "memory://models")
        with steps.open_job(ticket) as job:
            assert job.project.artifacts == "memory://models"
            assert job.pipeline.horizon == 6


def test_a_machine_without_the_configuration_is_told_to_get_it(
    small: Small, elsewhere: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TSFLOW_CONFIG", raising=False)
    with steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket:
        moved(small, elsewhere)
        with pytest.raises(ConfigError, match="set TSFLOW_CONFIG"), steps.open_job(ticket):
            pass


def test_a_copy_that_says_otherwise_is_refused(small: Small, elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with steps.hold_slot(small.config, "small", wall=WALL, holder="test") as ticket:
        small.configure(horizon=3)
        monkeypatch.setenv("TSFLOW_CONFIG", moved(small, elsewhere))
        with pytest.raises(ConfigError, match="not as it is where the slot was begun"), steps.open_job(ticket):
            pass
