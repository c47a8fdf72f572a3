"""`tsflow prune` on a project that has lived for a while."""

from contextlib import ExitStack

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from tests.projects import PIPELINE, Small, seasonal
from tsflow.cli import app
from tsflow.store import leases, prune
from tsflow.store.prune import drop_whole_ranges


def test_prune_lets_go_of_old_slots_and_the_pipeline_goes_on(small: Small) -> None:
    small.configure(retrain={"every_steps": 100}, retention={"forecasts": {"count": 1}})
    runs = []
    for months in (72, 73, 74):
        small.write(seasonal(months=months))
        runs.append(small.run())
    latest = small.rows("SELECT * FROM latest_forecasts ORDER BY unique_id, ds")
    scores = small.rows("SELECT * FROM accuracy_by_lead ORDER BY run_id, lead")
    before = small.everything()
    told = CliRunner().invoke(app, ["prune", "--dry-run", "-c", small.config])
    assert "small: 2 published slots would go" in told.stderr
    assert small.everything() == before
    told = CliRunner().invoke(app, ["prune", "-c", small.config])
    assert "small: 2 published slots gone" in told.stderr
    assert small.rows("SELECT count(DISTINCT run_id) AS runs FROM forecasts") == [{"runs": 1}]
    asked = CliRunner().invoke(app, ["reproduce", str(runs[0]), "-c", small.config])
    assert (asked.exit_code, asked.stderr) == (3, f"run {runs[0]} was pruned: its forecasts are no longer kept\n")
    assert small.rows("SELECT * FROM latest_forecasts ORDER BY unique_id, ds") == latest
    assert small.rows("SELECT * FROM accuracy_by_lead ORDER BY run_id, lead") == scores
    again = CliRunner().invoke(app, ["prune", "-c", small.config])
    assert "small: nothing gone" in again.stderr
    small.write(seasonal(months=75))
    small.run()
    assert len(small.rows("SELECT DISTINCT issued_at FROM forecast_history")) == 2


def test_old_replays_and_backtests_go_whole_with_their_weights(small: Small) -> None:
    limits = {"forecasts": {"days": 1e-9}}
    small.configure(architectures=["gru"], training=PIPELINE["training"] | {"search": False}, retention=limits)
    small.run()
    live, weights = small.everything(), set(small.folder.glob("artifacts/**/*.safetensors"))
    past = ["replay", "small", "--from", "2023-12-01", "-c", small.config]
    backtest = ["backtest", "small", "--windows", "2", "-c", small.config]
    replayed, _ = (CliRunner().invoke(app, command) for command in (past, backtest))
    engine = small.engine()
    space = small.rows("SELECT space FROM runs WHERE space LIKE 'replay%'")[0]["space"]
    with leases.hold(engine, "small", space, holder="a replay"):
        told = CliRunner().invoke(app, ["prune", "-c", small.config])
    engine.dispose()
    assert "small: 1 replays and backtests gone" in told.stderr
    told = CliRunner().invoke(app, ["prune", "-c", small.config])
    assert "small: 1 replays and backtests gone" in told.stderr
    after = small.everything()
    settings = after.pop("configurations"), live.pop("configurations")  # which stay on record
    assert set(settings[1]) <= set(settings[0])
    assert after == live
    assert set(small.folder.glob("artifacts/**/*.safetensors")) == weights
    assert CliRunner().invoke(app, past).stdout == replayed.stdout


def test_a_pipeline_at_work_is_left_for_the_next_time(small: Small) -> None:
    small.run()
    engine = small.engine()
    with leases.hold(engine, "small", leases.LIVE, holder="a slot"):
        told = CliRunner().invoke(app, ["prune", "-c", small.config])
    engine.dispose()
    assert told.exit_code == 0
    assert "gone" not in told.stderr


def test_a_run_that_begins_meanwhile_puts_off_only_what_nobody_sees(
    small: Small, monkeypatch: pytest.MonkeyPatch
) -> None:
    small.configure(architectures=["stage"], retrain={"every_steps": 100}, retention={"forecasts": {"count": 1}})
    for months in (71, 72):
        small.write(seasonal(months=months))
        small.run()
    kept = small.rows("SELECT DISTINCT run_id FROM latest_forecasts")
    engine = small.engine()
    with ExitStack() as run:

        def meanwhile(pruned: Engine) -> list[str]:
            run.enter_context(leases.hold(engine, "small", leases.LIVE, holder="a slot"))
            return drop_whole_ranges(pruned)

        monkeypatch.setattr(prune, "drop_whole_ranges", meanwhile)
        told = CliRunner().invoke(app, ["prune", "-c", small.config])
        assert told.exit_code == 0, told.output
        assert small.rows("SELECT DISTINCT run_id FROM forecast_history") == kept
    monkeypatch.undo()
    engine.dispose()
    told = CliRunner().invoke(app, ["prune", "-c", small.config])
    assert told.exit_code == 0, told.output
    assert small.rows("SELECT DISTINCT run_id FROM forecasts") == kept
