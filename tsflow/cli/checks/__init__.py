"""What `tsflow doctor` looks at: one function a thing, each returning what it found and a remedy."""

from tsflow.cli.checks.environment import flows_package, prefect, versions
from tsflow.cli.checks.finding import Finding
from tsflow.cli.checks.resources import architectures, artifacts, database, device

__all__ = ["Finding", "architectures", "artifacts", "database", "device", "flows_package", "prefect", "versions"]
