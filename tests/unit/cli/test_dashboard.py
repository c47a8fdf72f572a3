from typing import Any

import pytest


def test_dashboard_that_is_not_installed_says_how_to(tsflow: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tsflow.cli.dashboard.find_spec", lambda _: None)
    done = tsflow("dashboard")
    assert done.exit_code == 2
    assert "streamlit and plotly not installed: pip install 'tsflow[dashboard]'" in done.stderr


def test_dashboard_without_project_or_database_is_a_wrong_setting(
    tsflow: Any, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TSFLOW_DATABASE", raising=False)
    (tmp_path / "tsflow.yaml").unlink(missing_ok=True)
    done = tsflow("dashboard")
    assert done.exit_code == 2
    assert "no such file" in done.stderr
