"""What every step works with: the project, one pipeline of it, a slot, and the right to write."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import torch
from sqlalchemy import Engine

from tsflow.config import Pipeline, Project, load_project, place_of
from tsflow.errors import ConfigError, DeviceError
from tsflow.process import wall_clock
from tsflow.steps.slot.alerts import Alert, Channel, Kind, send
from tsflow.store.engine import opened
from tsflow.store.leases import LIVE, Fence
from tsflow.training import resolve_device

Progress = Callable[[str, int, int], None]
"""Called with what is done, steps done and steps in all."""


@dataclass(frozen=True)
class Ticket:
    """All that a task on any machine needs to open its job: names, moments and a fence, never data."""

    config: str
    """Path of the project's YAML file where the slot is held; another machine may have its copy elsewhere."""
    settings: str
    """Digest of the pipeline's settings: a copy that says otherwise is refused. Secrets do not travel."""
    pipeline: str
    fence: Fence
    slot: datetime
    now: datetime
    """By the pipeline's clock: nothing later is believed."""
    moment: datetime
    """By the wall clock: what is stored is stamped with it."""
    force: bool = False
    """Do the slot again even if it is done."""
    flow_run: str | None = None
    as_of: datetime | None = None
    """Only what had been recorded by then is read; none: all that is."""
    known_at: datetime | None = None
    """A slot of the past knows only what could be known by then, of steps before it; none: all there is."""
    decided_by: datetime | None = None
    """Only decisions made by then count; none: all."""


@dataclass(frozen=True)
class Job:
    """An opened ticket."""

    ticket: Ticket
    project: Project
    engine: Engine
    channels: tuple[Channel, ...] = ()
    """Where alerts go, beside the log and the webhook."""

    @property
    def name(self) -> str:
        """The pipeline's name."""
        return self.ticket.pipeline

    @property
    def pipeline(self) -> Pipeline:
        """The pipeline's settings."""
        return self.project.pipeline(self.ticket.pipeline)

    @property
    def fence(self) -> Fence:
        """The right to write."""
        return self.ticket.fence

    @property
    def device(self) -> torch.device:
        """Where networks are trained and run.

        Raises:
            DeviceError: If it is not there, with the place of the setting and the devices that are.
        """
        return device_of(self.project, self.ticket.config)

    def alert(self, kind: Kind, message: str) -> None:
        """Tell somebody of something about this slot; the troubles of a replay or backfill are no news."""
        if self.fence.space == LIVE and self.ticket.known_at is None:
            told = Alert(kind, self.name, message, self.ticket.slot)
            send(told, engine=self.engine, channels=self.channels, now=wall_clock())


@contextmanager
def open_job(ticket: Ticket, channels: tuple[Channel, ...] = ()) -> Iterator[Job]:
    """Read the configuration and connect to the database, on whatever machine this is.

    Database, artifact store and device are those of this machine's configuration or environment; the pipeline's
    settings must be those of the ticket. ``channels`` take alerts further than the log and the webhook.

    Raises:
        ConfigError: If this machine has no copy of the configuration, or one that differs.
    """
    file, project = _project(ticket)
    with opened(project.database.get_secret_value()) as engine:
        yield Job(replace(ticket, config=str(file)), project, engine, channels)


def device_of(project: Project, config: str) -> torch.device:
    """The configured device.

    Raises:
        DeviceError: If it is not there, with the place of the setting and the devices that are.
    """
    try:
        return resolve_device(project.device)
    except DeviceError as error:
        raise DeviceError(f"{place_of('device', config)}: {error}") from None


def _project(ticket: Ticket) -> tuple[Path, Project]:
    """The project as this machine knows it: by the ticket's path, or where there is no such file by its own."""
    own = os.environ.get("TSFLOW_CONFIG")
    config = Path(ticket.config)
    if not config.exists():
        if own is None:
            raise ConfigError(f"{config}: no such file on {socket.gethostname()}; set TSFLOW_CONFIG to its copy there")
        config = Path(own)
    project = load_project(config)
    if project.digest(ticket.pipeline) != ticket.settings:
        raise ConfigError(
            f"{config} on {socket.gethostname()}: pipelines.{ticket.pipeline} is not as it is where the slot was begun "
            f"({ticket.config}): bring the copy up to date, or the tsflow that reads it"
        )
    return config, project
