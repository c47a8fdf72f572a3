"""Docker's, Compose's and Kubernetes' own rules for what this repository gives them. No engine is needed for that."""

import json
import os
import re
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import pytest
import yaml

ROOT = Path(__file__).parents[2]
TEMPLATES = sorted(ROOT.glob("deployments/*/work-pool.json"))
KUBERNETES = "1.30"


def run(*command: str | Path) -> str:
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def template(kind: str) -> dict[str, Any]:
    read: dict[str, Any] = json.loads((ROOT / "deployments" / kind / "work-pool.json").read_text())
    return read


def rendered(kind: str, **values: Any) -> dict[str, Any]:
    """What Prefect makes of a template for one flow run."""
    from prefect.utilities.templating import apply_values

    read = template(kind)
    properties = read["variables"]["properties"]
    defaults = {name: one["default"] for name, one in properties.items() if "default" in one}
    jsonschema.validate(values, read["variables"])
    made: dict[str, Any] = apply_values(read["job_configuration"], {**defaults, **values})
    return made


def test_the_dockerfile_keeps_the_rules() -> None:
    assert run(Path(sysconfig.get_path("scripts")) / "hadolint", "docker/Dockerfile") == ""


def test_the_compose_file_is_one() -> None:
    run(sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", "docker/compose.yaml")


def test_compose_publishes_ports_on_this_machine_only() -> None:
    services = yaml.safe_load((ROOT / "docker" / "compose.yaml").read_text())["services"]
    ports = [port for service in services.values() for port in service.get("ports", ())]
    assert len(ports) == 2
    assert all(port.startswith("127.0.0.1:") for port in ports)
    assert "ports" not in services["postgresql"]


@pytest.mark.parametrize("file", sorted(ROOT.glob("deployments/kubernetes/*.yaml")), ids=lambda file: file.stem)
def test_kubernetes_manifests_are_valid(file: Path) -> None:
    documents = list(yaml.safe_load_all(file.read_text()))
    for document in documents:
        kubernetes_validate.validate(document, KUBERNETES, strict=True)
    assert documents


@pytest.mark.parametrize(
    "chosen",
    [
        {},
        {"gpus": 1, "image": "tsflow:cuda", "node_selector": {"pool": "gpu"}, "tolerations": [{"key": "gpu"}]},
    ],
    ids=["as it is", "on a GPU"],
)
def test_the_job_that_a_kubernetes_worker_makes_is_valid(chosen: dict[str, Any]) -> None:
    # The worker itself turns the command into a list, the environment into pairs, and names the job.
    job = rendered("kubernetes", name="small", labels={"run": "1"}, **chosen)["job_manifest"]
    container = job["spec"]["template"]["spec"]["containers"][0]
    container |= {"args": ["prefect", "flow-run", "execute"], "env": [{"name": "PREFECT_API_URL", "value": "http://x"}]}
    kubernetes_validate.validate(job, KUBERNETES, strict=True)
    assert container["image"] == chosen.get("image", "tsflow")
    assert container["resources"]["limits"]["nvidia.com/gpu"] == chosen.get("gpus", 0)


@pytest.mark.parametrize("file", TEMPLATES, ids=lambda file: file.parent.name)
def test_work_pool_defaults_fit_their_own_schema(file: Path) -> None:
    from prefect.utilities.templating import find_placeholders

    read = json.loads(file.read_text())
    schema = read["variables"]
    jsonschema.Draft202012Validator.check_schema(schema)
    defaults = {name: one["default"] for name, one in schema["properties"].items() if "default" in one}
    jsonschema.validate(defaults, schema)
    used = {placeholder.name for placeholder in find_placeholders(read["job_configuration"])}
    assert {name for name in used if not name.startswith("$")} == set(schema["properties"])


def test_a_docker_run_gets_the_workers_database_and_no_other_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_DATABASE", "postgresql://here/tsflow")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hidden")
    made = rendered("docker", devices=[{"count": 1, "capabilities": [["gpu"]]}])
    assert made["env"]["TSFLOW_DATABASE"] == "postgresql://here/tsflow"
    assert os.environ["AWS_SECRET_ACCESS_KEY"] not in json.dumps(made)
    assert made["container_create_kwargs"]["device_requests"] == [{"count": 1, "capabilities": [["gpu"]]}]


def test_a_docker_run_of_a_bare_worker_keeps_models_and_reports_in_volumes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TSFLOW_ARTIFACTS", "TSFLOW_REPORTS", "TSFLOW_ALERT_URL"):
        monkeypatch.delenv(name, raising=False)
    made = rendered("docker")
    folders = {made["env"]["TSFLOW_ARTIFACTS"], made["env"]["TSFLOW_REPORTS"]}
    assert folders == {volume.partition(":")[2] for volume in made["volumes"]}
    made = rendered("docker", artifacts="s3://bucket/models", reports="s3://bucket/reports")
    assert made["env"]["TSFLOW_ARTIFACTS"] == "s3://bucket/models"
    assert made["env"]["TSFLOW_REPORTS"] == "s3://bucket/reports"


def test_a_docker_run_tells_whom_its_worker_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TSFLOW_ALERT_URL", "https://chat/hook")
    assert rendered("docker")["env"]["TSFLOW_ALERT_URL"] == "https://chat/hook"


def test_the_image_keeps_models_and_reports_where_its_user_may_write() -> None:
    lines = (ROOT / "docker" / "Dockerfile").read_text().replace("\\\n", " ")
    owned = set(re.search(r"chown tsflow ([^\n&]+)", lines)[1].split())  # type: ignore[index]
    assert set(re.findall(r"TSFLOW_(?:ARTIFACTS|REPORTS)=(\S+)", lines)) == owned
