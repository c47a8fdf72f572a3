"""The tutorial was executed, and its code still runs."""

import json
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CELLS = json.loads((DOCS / "tutorial.ipynb").read_text("utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]


def test_every_cell_has_been_executed_without_an_error() -> None:
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    kinds = {output["output_type"] for cell in CODE for output in cell["outputs"]}
    assert {"execute_result"} <= kinds <= {"execute_result", "display_data", "stream"}
    assert any("image/png" in output.get("data", {}) for cell in CODE for output in cell["outputs"])


def test_its_code_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(DOCS)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("TSFLOW_DATABASE", "TSFLOW_ARTIFACTS", "TSFLOW_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    names: dict[str, object] = {}
    for cell in CODE:
        exec(compile("".join(cell["source"]), "tutorial.ipynb", "exec"), names)
    pipeline = names["pipeline"]
    assert pipeline.accuracy()["lead"].tolist() == [1, 2, 3, 4, 5, 6]  # type: ignore[attr-defined]
