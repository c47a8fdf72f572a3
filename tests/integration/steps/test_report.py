"""A pipeline's report, from the database to files."""

from pathlib import Path

import pytest

from tests.projects import WALL, Small, seasonal
from tsflow.errors import ArtifactError
from tsflow.steps.show.report import gather, write_report


def test_the_series_that_matter_come_with_the_reason(small: Small) -> None:
    small.configure(architectures=["stage"])
    engine, pipeline = small.engine(), small.pipeline()
    assert gather(engine, "small", pipeline, WALL).health["state"] == "never run"
    small.run()
    first = gather(engine, "small", pipeline, WALL)
    assert [one.unique_id for one in first.series] == ["a", "b"]
    assert all(one.why.startswith("80 % interval") for one in first.series)
    assert len(first.series[0].history) == 48
    assert first.overall == {}
    small.write(seasonal(months=74))
    small.run()
    second = gather(engine, "small", pipeline, WALL)
    engine.dispose()
    assert all(one.why.startswith("last forecasts off by") for one in second.series)
    assert second.accuracy["lead"].tolist() == [1, 2]
    assert second.overall["steps"] == 4
    assert set(second.curves) == {"stage"}
    assert second.decision is not None
    assert second.quality is not None


def test_a_page_and_a_picture_replace_those_before(small: Small, tmp_path: Path) -> None:
    small.configure(architectures=["stage"])
    small.run()
    engine = small.engine()
    options = {"folder": str(tmp_path / "new" / "reports"), "now": WALL}
    written = write_report(engine, "small", small.pipeline(), **options)
    page = Path(written.page)
    page.write_text("old")
    assert write_report(engine, "small", small.pipeline(), **options) == written
    assert page.read_text("utf-8").startswith("<!doctype html>")
    assert Path(written.picture).read_bytes().startswith(b"\x89PNG")
    assert sorted(file.name for file in page.parent.iterdir()) == ["small.html", "small.png"]
    with pytest.raises(ArtifactError, match="cannot write"):
        write_report(engine, "small", small.pipeline(), folder=written.page, now=WALL)
    engine.dispose()
