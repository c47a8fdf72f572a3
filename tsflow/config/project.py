"""The project: one database, one artifact store, any number of pipelines."""

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, SecretStr, field_validator

from tsflow.config.base import Location, Settings, suggestion
from tsflow.config.pipeline import Pipeline
from tsflow.config.retention import Retention
from tsflow.errors import ConfigError


def _plain_name(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,62}", value):
        raise ValueError("a pipeline's name is up to 63 lower-case letters, digits, `-` and `_`")
    return value


Name = Annotated[str, AfterValidator(_plain_name)]


class TaskRunner(Settings):
    """Where the tasks of a flow run."""

    kind: Literal["threads", "processes", "dask"] = Field("threads", description="Threads, processes, or Dask.")
    workers: int = Field(1, ge=1, description="Tasks at a time; a network trains on one core.")
    address: str | None = Field(None, description="Scheduler of an existing Dask cluster; a local one if not given.")
    training_resources: dict[str, float] = Field(
        {}, description="Dask resources that a worker must declare to train, such as {GPU: 1}."
    )
    shard: int = Field(2_000_000, ge=1, description="Observations that one task forecasts from; about 100 bytes each.")


class Project(Settings):
    """All that one `tsflow.yaml` says, with paths made absolute and ${NAME}s replaced."""

    name: Name = Field("tsflow", description="What Prefect calls the project, where one server has several.")
    database: SecretStr = Field(SecretStr("sqlite:///tsflow.db"), description="SQLAlchemy URL: SQLite or PostgreSQL.")
    artifacts: Location = Field("artifacts", description="Folder or fsspec URL where trained models are kept.")
    reports: Location = Field("reports", description="Folder or fsspec URL where pipelines' reports are kept.")
    device: str = Field("auto", description="auto, cpu, cuda, cuda:N or mps.")
    task_runner: TaskRunner = Field(TaskRunner(), description="Where the tasks of a flow run.")
    retention: Retention = Field(Retention(), description="What `tsflow prune` keeps of each pipeline.")
    pipelines: dict[Name, Pipeline] = Field(min_length=1, description="The pipelines, by name.")

    @field_validator("device")
    @classmethod
    def _known_device(cls, value: str) -> str:
        if not re.fullmatch(r"auto|cpu|mps|cuda(:\d+)?", value):
            raise ValueError("unknown device; allowed: auto, cpu, cuda, cuda:N, mps")
        return value

    def pipeline(self, name: str) -> Pipeline:
        """One pipeline.

        Raises:
            ConfigError: If there is none of that name, with the names that there are.
        """
        if name not in self.pipelines:
            hint = suggestion(name, list(self.pipelines))
            raise ConfigError(f"no pipeline {name!r};{hint} the project has: {', '.join(self.pipelines)}")
        return self.pipelines[name]

    def retention_of(self, name: str) -> Retention:
        """What is kept of one pipeline."""
        own = self.pipeline(name).retention
        return self.retention if own == Retention() else own

    def digest(self, name: str) -> str:
        """A fingerprint of the settings that numbers come from, secrets masked; equal settings, equal digest.

        Where a source lies is no such setting (another machine may have it elsewhere); what came from it has a digest
        of its own.
        """
        settings = self.decisive(name)
        for place in ("path", "url"):
            settings["source"].pop(place, None)
        return hashlib.sha256(json.dumps(settings).encode()).hexdigest()[:16]

    def decisive(self, name: str) -> dict[str, Any]:
        """The settings behind the digest, as JSON can hold them."""
        return self.pipeline(name).model_dump(mode="json", exclude={"schedule", "deployment", "alerts", "retention"})

    def with_pipeline(self, name: str, pipeline: Pipeline) -> "Project":
        """The project with one pipeline as it was, or as it might be."""
        return self.model_copy(update={"pipelines": {**self.pipelines, name: pipeline}})
