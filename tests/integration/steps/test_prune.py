"""`tsflow prune` on a project that has lived for a while."""

from typer.testing import CliRunner

from tests.projects import Small, seasonal
from tsflow.cli import app
from tsflow.store import leases


def test_prune_lets_go_of_old_slots_and_the_pipeline_goes_on(small: Small) -> None:
    small.configure(retrain={"every_steps": 100}, retention={"forecasts": {"count": 1}})
    for months in (72, 73, 74):
        small.write(seasonal(months=months))
        small.run()
    latest = small.rows("SELECT * FROM latest_forecasts ORDER BY unique_id, ds")
    scores = small.rows("SELECT * FROM accuracy_by_lead ORDER BY run_id, lead")
    before = small.everything()
    told = CliRunner().invoke(app, ["prune", "--dry-run", "-c", small.config])
    assert "small: 2 published slots would go" in told.stderr
    assert small.everything() == before
    told = CliRunner().invoke(app, ["prune", "-c", small.config])
    assert "small: 2 published slots gone" in told.stderr
    assert small.rows("SELECT count(DISTINCT run_id) AS runs FROM forecasts") == [{"runs": 1}]
    assert small.rows("SELECT * FROM latest_forecasts ORDER BY unique_id, ds") == latest
    assert small.rows("SELECT * FROM accuracy_by_lead ORDER BY run_id, lead") == scores
    again = CliRunner().invoke(app, ["prune", "-c", small.config])
    assert "small: nothing gone" in again.stderr
    small.write(seasonal(months=75))
    small.run()
    assert len(small.rows("SELECT DISTINCT issued_at FROM forecast_history")) == 2


def test_a_pipeline_at_work_is_left_for_the_next_time(small: Small) -> None:
    small.run()
    engine = small.engine()
    with leases.hold(engine, "small", leases.LIVE, holder="a slot"):
        told = CliRunner().invoke(app, ["prune", "-c", small.config])
    engine.dispose()
    assert told.exit_code == 0
    assert "gone" not in told.stderr
