"""The tutorial was executed, and its code still runs."""

import json
import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"
CELLS = json.loads((DOCS / "tutorial.ipynb").read_text("utf-8"))["cells"]
CODE = [cell for cell in CELLS if cell["cell_type"] == "code"]
TRAINING = re.compile(r'("?)min_steps\1: \d+, \1max_steps\1: \d+')


def test_every_cell_has_been_executed_without_an_error() -> None:
    assert [cell["execution_count"] for cell in CODE] == list(range(1, len(CODE) + 1))
    kinds = {output["output_type"] for cell in CODE for output in cell["outputs"]}
    assert {"execute_result"} <= kinds <= {"execute_result", "display_data", "stream"}
    assert any("image/png" in output.get("data", {}) for cell in CODE for output in cell["outputs"])


def test_its_code_runs_with_little_training(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(DOCS)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("TSFLOW_DATABASE", "TSFLOW_ARTIFACTS", "TSFLOW_REPORTS", "TSFLOW_DEVICE"):
        monkeypatch.delenv(name, raising=False)
    names: dict[str, object] = {}
    sources = ["".join(cell["source"]) for cell in CODE]
    assert sum(len(TRAINING.findall(source)) for source in sources) == 2
    for source in sources:
        brief = TRAINING.sub(r"\1min_steps\1: 5, \1max_steps\1: 5, \1search\1: False", source)
        exec(compile(brief, "tutorial.ipynb", "exec"), names)
    pipeline = names["pipeline"]
    assert pipeline.accuracy()["lead"].tolist() == [1, 2, 3, 4, 5, 6]  # type: ignore[attr-defined]
