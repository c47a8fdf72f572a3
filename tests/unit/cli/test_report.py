from pathlib import Path
from typing import Any


def test_report_writes_a_page_and_a_picture_and_says_where(tsflow: Any, project: Path) -> None:
    done = tsflow("report", "demo")
    assert done.exit_code == 0, done.output
    page, picture = map(Path, done.stdout.split())
    assert page == project.parent / "reports" / "demo.html"
    assert "north" in page.read_text("utf-8")
    assert picture.stat().st_size > 0


def test_report_of_all_pipelines_includes_one_that_never_ran(tsflow: Any, tmp_path: Path) -> None:
    done = tsflow("report", "--output", str(tmp_path / "there"))
    assert done.exit_code == 0, done.output
    assert {Path(line).name for line in done.stdout.split()} == {"demo.html", "demo.png", "idle.html", "idle.png"}
