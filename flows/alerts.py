"""Alerts as events of Prefect, so that its automations can act on them; what a failed or crashed flow tells."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime
from typing import Any

from prefect.client.schemas.objects import FlowRun, State
from prefect.events import emit_event
from sqlalchemy import Engine

from tsflow.config import load_project
from tsflow.errors import ConfigError, LeaseLost, QualityError, StoreError, TsflowError
from tsflow.process import wall_clock
from tsflow.steps import Alert, send
from tsflow.store import runs
from tsflow.store.engine import opened


def prefect_event(alert: Alert) -> None:
    """Emit `tsflow.alert.KIND` about `tsflow.pipeline.NAME`."""
    emit_event(
        event=f"tsflow.alert.{alert.kind}",
        resource={"prefect.resource.id": f"tsflow.pipeline.{alert.pipeline}", "prefect.resource.name": alert.pipeline},
        payload={"message": alert.message, "slot": alert.slot and alert.slot.isoformat()},
    )


def tell_failure(flow: Any, flow_run: FlowRun, state: "State[Any]") -> None:  # noqa: ARG001 - Prefect hands it over
    """A hook of a flow that failed or crashed: tell it, unless it was told or another run goes on with its work."""
    error = state.result(raise_on_failure=False) if state.is_failed() else None
    if isinstance(error, LeaseLost | QualityError):  # the ingest has told of its quality
        return
    # What is not ours may carry parameters, which may hold a secret: its kind has to do.
    ours = error is None or isinstance(error, TsflowError)
    message = str(error or state.message) if ours else type(error).__name__
    with _database(flow_run) as engine:
        slot = None if engine is None else _slot(engine, flow_run)
        alert = Alert("failed", str(flow_run.parameters.get("pipeline")), message, slot)
        send(alert, engine=engine, channels=(prefect_event,), now=wall_clock())


@contextmanager
def _database(flow_run: FlowRun) -> Iterator[Engine | None]:
    """The project's database; none where the configuration is what failed."""
    with ExitStack() as stack:
        engine = None
        with suppress(ConfigError):
            project = load_project(flow_run.parameters.get("config", "tsflow.yaml"))
            engine = stack.enter_context(opened(project.database.get_secret_value()))
        yield engine


def _slot(engine: Engine, flow_run: FlowRun) -> datetime | None:
    with suppress(StoreError):
        return runs.slot_of(engine, str(flow_run.id))
    return None
