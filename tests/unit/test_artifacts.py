import json
import subprocess
import sys
from pathlib import Path

import fsspec
import pytest
import torch
from safetensors.torch import save

from tsflow.artifacts import load_model, save_model
from tsflow.errors import ArtifactCorrupted, ArtifactError
from tsflow.models import ModelSpec, build

CPU = torch.device("cpu")
SPEC = ModelSpec("gru", horizon=3, season_length=4, token=4, context=8)
META = {"seed": 7, "losses": [0.5, 0.25], "trained_until": "2024-01-01T00:00:00Z"}
CONTEXT, OBSERVED = torch.arange(16.0).reshape(2, 8), torch.ones(2, 8, dtype=torch.bool)

FORECAST_ELSEWHERE = """
import sys, json, torch
from tsflow.artifacts import load_model
model, spec, meta = load_model(sys.argv[1], sys.argv[2], torch.device("cpu"))
with torch.inference_mode():
    quantiles, _ = model(torch.arange(16.0).reshape(2, 8), torch.ones(2, 8, dtype=torch.bool))
print(json.dumps({"quantiles": quantiles.flatten().tolist(), "meta": meta, "spec": spec.to_json()}))
"""


@pytest.fixture
def model() -> torch.nn.Module:
    return build(SPEC, seed=3).eval()


def forecast(model: torch.nn.Module) -> torch.Tensor:
    with torch.inference_mode():
        return model(CONTEXT, OBSERVED)[0]


@pytest.mark.parametrize("architecture", ["rnn", "lstm", "gru", "cnn", "transformer", "stage"])
def test_a_loaded_model_forecasts_as_the_saved_one(architecture, tmp_path):
    spec = ModelSpec(architecture, horizon=3, season_length=4, token=4, context=8)
    saved = build(spec, seed=3).eval()
    artifact = save_model(str(tmp_path), saved, spec, META)
    loaded, loaded_spec, meta = load_model(artifact.url, artifact.sha256, CPU)
    assert torch.equal(forecast(loaded), forecast(saved))
    assert (loaded_spec, meta) == (spec, META)
    assert not loaded.training


def test_a_fresh_process_forecasts_the_same(model, tmp_path):
    artifact = save_model(str(tmp_path), model, SPEC, META)
    command = [sys.executable, "-c", FORECAST_ELSEWHERE, artifact.url, artifact.sha256]
    answer = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    assert answer == {"quantiles": forecast(model).flatten().tolist(), "meta": META, "spec": SPEC.to_json()}


def test_the_name_is_the_content(model, tmp_path):
    artifact = save_model(str(tmp_path), model, SPEC, META)
    assert artifact.url == f"{tmp_path}/{artifact.sha256[:2]}/{artifact.sha256}.safetensors"
    assert save_model(f"{tmp_path}/", model, SPEC, META) == artifact
    assert save_model(str(tmp_path), model, SPEC, {**META, "seed": 8}) != artifact
    assert len([path for path in tmp_path.rglob("*") if path.is_file()]) == 2


@pytest.mark.parametrize("where", [0, 20, -1])
def test_a_changed_byte_is_found(model, tmp_path, where):
    artifact = save_model(str(tmp_path), model, SPEC, META)
    content = bytearray(Path(artifact.url).read_bytes())
    content[where] ^= 1
    Path(artifact.url).write_bytes(content)
    with pytest.raises(ArtifactCorrupted, match="restore the file, or retrain"):
        load_model(artifact.url, artifact.sha256, CPU)


def test_saving_again_mends_a_corrupted_file(model, tmp_path):
    artifact = save_model(str(tmp_path), model, SPEC, META)
    Path(artifact.url).write_bytes(b"half a fi")
    save_model(str(tmp_path), model, SPEC, META)
    assert load_model(artifact.url, artifact.sha256, CPU)[1] == SPEC


def test_a_missing_file_is_an_artifact_error(tmp_path):
    with pytest.raises(ArtifactError, match="it is not there"):
        load_model(f"{tmp_path}/ab/abcd.safetensors", "abcd", CPU)


def test_any_fsspec_url_will_do(model):
    artifact = save_model("memory://models", model, SPEC, META)
    loaded, *_ = load_model(artifact.url, artifact.sha256, CPU)
    assert torch.equal(forecast(loaded), forecast(model))


def test_a_file_url_is_a_local_folder(model, tmp_path):
    artifact = save_model(f"file://{tmp_path}", model, SPEC, META)
    assert (tmp_path / artifact.sha256[:2] / f"{artifact.sha256}.safetensors").exists()
    load_model(artifact.url, artifact.sha256, CPU)


@pytest.mark.parametrize("folder", ["nosuch://bucket/models", "{file}/below"])
def test_a_folder_that_cannot_be_written_to_is_an_artifact_error(model, tmp_path, folder):
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(ArtifactError, match="cannot write"):
        save_model(folder.format(file=file), model, SPEC, META)


def test_a_write_that_fails_leaves_nothing_behind(model, tmp_path):
    artifact = save_model(str(tmp_path), model, SPEC, META)
    path = Path(artifact.url)
    path.unlink()
    (path / "in the way").mkdir(parents=True)
    with pytest.raises(ArtifactError, match="cannot write"):
        save_model(str(tmp_path), model, SPEC, META)
    assert [found for found in tmp_path.rglob("*") if found.is_file()] == []


@pytest.mark.parametrize(
    ("header", "message"),
    [
        (None, "not a model saved by tsflow"),
        ({"tsflow": '{"version": 99}'}, "version 99; this code reads 1"),
        ({"tsflow": "not json"}, "not a model saved by tsflow"),
    ],
)
def test_a_file_of_another_kind_or_version_is_refused(header, message):
    content = save({"weight": torch.zeros(1)}, header)
    fsspec.filesystem("memory").pipe_file("/other.safetensors", content)
    import hashlib

    with pytest.raises(ArtifactError, match=message):
        load_model("memory://other.safetensors", hashlib.sha256(content).hexdigest(), CPU)


def test_weights_that_do_not_fit_are_refused(model, tmp_path):
    wider = ModelSpec("gru", horizon=3, season_length=4, token=4, context=8, width=99)
    artifact = save_model(str(tmp_path), model, wider, META)
    with pytest.raises(ArtifactError, match="does not fit gru as it is now"):
        load_model(artifact.url, artifact.sha256, CPU)


def test_a_model_in_a_bucket_is_the_one_saved(model, s3_bucket):
    artifact = save_model(f"{s3_bucket}/models", model, SPEC, META)
    assert artifact.url == f"{s3_bucket}/models/{artifact.sha256[:2]}/{artifact.sha256}.safetensors"
    loaded, spec, meta = load_model(artifact.url, artifact.sha256, CPU)
    assert torch.equal(forecast(loaded), forecast(model))
    assert (spec, meta) == (SPEC, META)
    with fsspec.open(artifact.url, "wb") as file:
        file.write(b"half of it")
    with pytest.raises(ArtifactCorrupted):
        load_model(artifact.url, artifact.sha256, CPU)
    fsspec.filesystem("s3").rm(artifact.url)
    with pytest.raises(ArtifactError, match="it is not there"):
        load_model(artifact.url, artifact.sha256, CPU)


def test_a_bucket_that_is_not_there_is_an_error_and_is_not_made(model, s3_bucket):
    with pytest.raises(ArtifactError, match="cannot write s3://mistyped"):
        save_model("s3://mistyped/models", model, SPEC, META)
    assert not fsspec.filesystem("s3").exists("s3://mistyped")
