from pathlib import Path

import pytest
from pydantic import ValidationError

from tsflow.config import CsvSource, Project, SqlSource, load_project
from tsflow.errors import ConfigError

DEMO = """
pipelines:
  demo:
    source: {kind: csv, path: data/demo.csv}
    frequency: MS
    horizon: 12
"""


def written(folder: Path, text: str) -> Path:
    file = folder / "tsflow.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def complaints(folder: Path, text: str) -> list[str]:
    """The error's lines, each without the file that it must begin with."""
    file = written(folder, text)
    with pytest.raises(ConfigError) as caught:
        load_project(file)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{file}: ") for line in lines)
    return [line.removeprefix(f"{file}: ") for line in lines]


def demo(**settings: str) -> str:
    """The demo project with settings of its pipeline replaced or added."""
    lines = {"source": "{kind: csv, path: data/demo.csv}", "frequency": "MS", "horizon": "12", **settings}
    return "pipelines:\n  demo:\n" + "".join(f"    {key}: {value}\n" for key, value in lines.items())


def test_paths_are_relative_to_the_file(tmp_path: Path) -> None:
    project = load_project(written(tmp_path, DEMO))
    source = project.pipeline("demo").source
    assert isinstance(source, CsvSource)
    assert source.path == str(tmp_path / "data/demo.csv")
    assert project.artifacts == str(tmp_path / "artifacts")
    assert project.database.get_secret_value() == f"sqlite:///{tmp_path / 'tsflow.db'}"


@pytest.mark.parametrize("url", ["s3://bucket/a.csv", "/elsewhere/a.csv"])
def test_addresses_and_absolute_paths_stay_as_they_are(tmp_path: Path, url: str) -> None:
    source = load_project(written(tmp_path, demo(source=f"{{kind: csv, path: '{url}'}}"))).pipeline("demo").source
    assert isinstance(source, CsvSource)
    assert source.path == url


def test_a_relative_sqlite_source_is_beside_the_file(tmp_path: Path) -> None:
    text = demo(source="{kind: sql, url: 'sqlite:///sales.db', table: sales}")
    source = load_project(written(tmp_path, text)).pipeline("demo").source
    assert isinstance(source, SqlSource)
    assert source.url.get_secret_value() == f"sqlite:///{tmp_path / 'sales.db'}"


def test_the_environment_overrides_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_DATABASE", "postgresql://localhost/other")
    monkeypatch.setenv("TSFLOW_ARTIFACTS", "s3://bucket/models")
    monkeypatch.setenv("TSFLOW_REPORTS", "s3://bucket/reports")
    monkeypatch.setenv("TSFLOW_DEVICE", "cpu")
    project = load_project(written(tmp_path, "database: ${NOT_SET_ANYWHERE}\n" + DEMO))
    assert project.database.get_secret_value() == "postgresql://localhost/other"
    assert (project.artifacts, project.reports) == ("s3://bucket/models", "s3://bucket/reports")
    assert project.device == "cpu"


def test_a_wrong_override_names_the_variable(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_DEVICE", "gpu")
    with pytest.raises(ConfigError, match=r"environment variable TSFLOW_DEVICE: unknown device; allowed: auto, cpu"):
        load_project(written(tmp_path, DEMO))


def test_names_in_braces_come_from_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STEPS", "7")
    assert load_project(written(tmp_path, demo(horizon="${STEPS}"))).pipeline("demo").horizon == 7


def test_every_unset_name_is_an_error_at_its_place(tmp_path: Path) -> None:
    lines = complaints(tmp_path, "database: sqlite:///${UNSET_A}\n" + demo(schedule="${UNSET_B}"))
    assert lines == [
        "database: environment variable UNSET_A is not set",
        "pipelines.demo.schedule: environment variable UNSET_B is not set",
    ]


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: no such file; `tsflow init` writes one"):
        load_project(tmp_path / "nowhere.yaml")


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "expected a mapping with the key `pipelines`, found an empty file"),
        ("- a\n", "expected a mapping with the key `pipelines`, found a list"),
        ("a: b: c\n", "line 1, column 5: not valid YAML: mapping values are not allowed here"),
        (
            "device: cpu\ndevice: mps\n",
            "line 2, column 1: not valid YAML: the key 'device' stands here for the",
        ),
        (
            "a: !!python/object:os.system {}\n",
            "line 1, column 4: not valid YAML: could not determine a constructor",
        ),
        ("a: 2024-13-45\n", "not valid YAML: month must be in 1..12"),
        ("device: cpu\n", "pipelines: required, but missing: The pipelines, by name."),
        ("pipelines: {}\n", "pipelines: Dictionary should have at least 1 item after validation, not 0"),
        ("pipelines:\n", "pipelines: should be a mapping (found nothing)"),
        ("pipelines: {demo: 3}\n", "pipelines.demo: should be a mapping (found 3)"),
        (
            demo().replace("demo", "De mo"),
            "pipelines.De mo: a pipeline's name is up to 63 lower-case letters",
        ),
        (
            demo(horizn="3"),
            "pipelines.demo.horizn: unknown key; did you mean 'horizon'? allowed: source, frequency",
        ),
        (
            demo(training="{epochs: 3}"),
            "pipelines.demo.training.epochs: unknown key; allowed: stage, search",
        ),
        (demo(horizon="0"), "pipelines.demo.horizon: should be greater than or equal to 1 (found 0)"),
        (demo(clock="wal"), "pipelines.demo.clock: found 'wal'; did you mean 'wall'? allowed: wall, data"),
        (
            demo(frequency="H"),
            "pipelines.demo.frequency: unknown frequency 'H'; allowed: min, 15min, h, D, B, W-MON",
        ),
        (
            demo(timezone="Europe/Berln"),
            "pipelines.demo.timezone: unknown time zone; did you mean 'Europe/Berlin'?",
        ),
        (demo(timezone="../etc"), "pipelines.demo.timezone: unknown time zone; allowed: IANA names"),
        (demo(architectures="[rnn, rnn]"), "pipelines.demo.architectures: 'rnn' stands there more than once"),
        (
            demo(schedule="hourly"),
            "pipelines.demo.schedule: no schedule; allowed: a cron expression such as",
        ),
        (demo(source="a.csv"), "pipelines.demo.source: should be a mapping (found 'a.csv')"),
        (
            demo(source="{path: a.csv}"),
            "pipelines.demo.source.kind: found nothing; allowed: csv, parquet, sql, http",
        ),
        (
            demo(source="{kind: cvs}"),
            "pipelines.demo.source.kind: found 'cvs'; did you mean 'csv'? allowed: csv, parq",
        ),
        (demo(source="{kind: csv}"), "pipelines.demo.source.path: required, but missing: File or glob"),
        (
            demo(source="{kind: csv, path: a, columns: {time: t}}"),
            "pipelines.demo.source.columns.time: unknown key; a",
        ),
        (
            demo(source="{kind: sql, url: 'sqlite:///a.db'}"),
            "pipelines.demo.source: give either `table` or `query`",
        ),
        (
            demo(source="{kind: http, url: 'a.csv'}"),
            "pipelines.demo.source.url: an address starts with http:// or",
        ),
        (
            demo(quality="{minimum: 2, maximum: 1}"),
            "pipelines.demo.quality: minimum (2.0) is above maximum (1.0)",
        ),
        (
            demo(training="{min_steps: 9, max_steps: 3}"),
            "pipelines.demo.training: min_steps (9) is above max_steps (3)",
        ),
    ],
)
def test_a_wrong_setting_is_named_with_what_is_allowed(tmp_path: Path, text: str, complaint: str) -> None:
    (line,) = complaints(tmp_path, text)
    assert line.startswith(complaint)


def test_a_setting_of_several_kinds_is_one_line(tmp_path: Path) -> None:
    (line,) = complaints(tmp_path, demo(ended_after="nver"))
    assert line == (
        "pipelines.demo.ended_after: should be a valid integer, unable to parse string as an integer (found 'nver'); "
        "or found 'nver'; did you mean 'never'? allowed: never"
    )


def test_several_problems_have_a_line_each(tmp_path: Path) -> None:
    lines = complaints(tmp_path, "devise: cpu\n" + demo(horizon="0", clock="wal"))
    assert {line.split(":")[0] for line in lines} == {
        "devise",
        "pipelines.demo.horizon",
        "pipelines.demo.clock",
    }


SECRETS = """
database: postgresql://me:${PASSWORD}@localhost/tsflow
pipelines:
  table:
    source: {kind: sql, url: "postgresql://me:${PASSWORD}@localhost/sales", table: sales}
    frequency: D
    horizon: 7
  document:
    source: {kind: http, url: "https://me:${PASSWORD}@host/a.csv", headers: {Token: "${PASSWORD}"}}
    frequency: D
    horizon: 7
  file:
    source: {kind: csv, path: "ftp://me:${PASSWORD}@host/a.csv"}
    frequency: D
    horizon: 7
"""


def test_a_secret_is_in_no_repr_and_no_dump(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2")
    project = load_project(written(tmp_path, SECRETS))
    for name in project.pipelines:
        assert "hunter2" not in project.pipeline(name).model_dump_json()
    assert "hunter2" not in repr(project)
    assert "hunter2" not in str(project)


def test_a_digest_does_not_depend_on_a_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = written(tmp_path, SECRETS)
    digests = []
    for password in ("hunter2", "changed"):
        monkeypatch.setenv("PASSWORD", password)
        digests.append([load_project(file).digest(name) for name in ("table", "document", "file")])
    assert digests[0] == digests[1]


@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        ("horizon: 7", "horizon: 0"),
        ("url: ", "uri: "),
        ("https://", "htps://"),
        ("path: ", "file: "),
        ("kind: http", "kind: https"),
        ("{Token: ", "[Token, "),
        ("database: ", "data base: "),
        ("tsflow\n", "tsflow: x\n"),
        ("database: ", "device: "),
    ],
)
def test_a_secret_is_in_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, right: str, wrong: str) -> None:
    monkeypatch.setenv("PASSWORD", "hunter2")
    text = SECRETS.replace(right, wrong)
    for variant in (text, text.replace("${PASSWORD}", "hunter2")):
        with pytest.raises(ConfigError) as caught:
            load_project(written(tmp_path, variant))
        assert "hunter2" not in str(caught.value)


def test_a_secret_is_in_no_error_of_a_project_made_in_code() -> None:
    with pytest.raises(ValidationError) as caught:
        Project.model_validate({"databases": "postgresql://me:hunter2@localhost/tsflow", "pipelines": {}})
    assert "hunter2" not in str(caught.value)


def test_an_unknown_pipeline_is_named_beside_those_there_are(tmp_path: Path) -> None:
    project = load_project(written(tmp_path, DEMO))
    with pytest.raises(ConfigError, match=r"no pipeline 'dmo'; did you mean 'demo'\? the project has: demo"):
        project.pipeline("dmo")


def test_a_digest_follows_the_settings(tmp_path: Path) -> None:
    short, again, long = (load_project(written(tmp_path, demo(horizon=h))).digest("demo") for h in ("3", "3", "4"))
    assert short == again != long


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"architectures": "[stage]", "training": "{stage: false}"}, "name a network"),
        ({"quality": "{maximum: 1.0e+300}"}, "less than or equal to 1"),
        ({"quality": "{minimum: -1.0e+300}"}, "greater than or equal to -1"),
    ],
)
def test_what_could_never_be_trained_is_refused(tmp_path: Path, settings: dict[str, str], complaint: str) -> None:
    assert complaint in "".join(complaints(tmp_path, demo(**settings)))
