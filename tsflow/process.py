"""This process: its name, and its clock."""

import os
import socket
from datetime import UTC, datetime


def this_process(what: str) -> str:
    """A holder's name that no other process has."""
    return f"{what} on {socket.gethostname()}, process {os.getpid()}"


def wall_clock() -> datetime:
    """The present moment: read to open a slot, which goes by it to its end, and to stamp what ends or is told."""
    return datetime.now(UTC)
