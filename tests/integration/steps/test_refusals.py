"""What a step refuses to do, in words that say why, on both databases."""

import re

import pandas as pd
import pytest
from typer.testing import CliRunner

from tests.projects import WALL, Small
from tsflow import steps
from tsflow.cli import app
from tsflow.errors import ConfigError, DeviceError, LeaseHeld


def test_two_runs_of_a_pipeline_exclude_each_other(small: Small) -> None:
    with (
        steps.hold_slot(small.config, "small", wall=WALL, holder="the first"),
        pytest.raises(LeaseHeld, match="the first"),
        steps.hold_slot(small.config, "small", wall=WALL, holder="second"),
    ):
        pass


def test_another_frequency_than_that_of_what_is_stored_is_refused(small: Small) -> None:
    small.run()
    before = small.everything()
    small.configure(frequency="D")
    refused = r"pipelines\.small\.frequency: what is stored has frequency MS, not D; set it back to MS, or give"
    with pytest.raises(ConfigError, match=refused):
        small.run()
    for command in (["plot", "small"], ["backtest", "small"], ["replay", "small", "--from", "2023-10-01"]):
        told = CliRunner().invoke(app, [*command, "-c", small.config])
        assert told.exit_code == 2
        assert re.match(refused, told.stderr)
    assert small.everything() == before
    small.configure(frequency="1MS", retrain={"every_steps": 9})
    small.run()


@pytest.mark.parametrize("place", ["{config}: device", "environment variable TSFLOW_DEVICE"])
def test_a_device_that_is_not_there_is_named_with_the_place_of_the_setting(
    small: Small, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.configure_project(device="cuda:7")
    if place.startswith("environment"):
        monkeypatch.setenv("TSFLOW_DEVICE", "cuda:7")
    expected = f"{place.format(config=small.config)}: 'cuda:7' is not there; this machine has: auto, "
    with pytest.raises(DeviceError, match=f"^{re.escape(expected)}"):
        small.run()


def test_an_unknown_architecture_stops_before_anything_is_written(small: Small) -> None:
    small.configure(architectures=["gru", "lstmm"])
    with pytest.raises(ConfigError, match=r"small\.architectures: unknown architecture 'lstmm'; did you mean 'lstm'"):
        small.run()
    assert small.rows("SELECT count(*) AS n FROM runs") == [{"n": 0}]


def test_an_unknown_pipeline_is_named_with_those_there_are(small: Small) -> None:
    with pytest.raises(ConfigError, match="small"), steps.hold_slot(small.config, "larg", wall=WALL, holder="test"):
        pass


def test_a_slot_of_the_future_is_refused(small: Small) -> None:
    with pytest.raises(ConfigError, match="slot 2024-02-01 00:00 is later than the present, 2024-01-01 00:00"):
        small.run(slot=pd.Timestamp("2024-02-15", tz="UTC").to_pydatetime())
