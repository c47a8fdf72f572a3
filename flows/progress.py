"""Progress of a task, shown in the Prefect UI and to whoever listens in this process."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.shown import shown
from tsflow.steps import Progress

Listener = Callable[[str, str, int, int], None]
"""Called with the task, what is done, steps done, steps in all."""

_SECONDS_BETWEEN_UPDATES = 2.0  # an update is a request to the server
_listeners: list[Listener] = []


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Let a terminal see the progress of tasks that run in this process."""
    _listeners.append(listener)
    try:
        yield
    finally:
        _listeners.remove(listener)


@contextmanager
def reporter(title: str) -> Iterator[Progress]:
    """A progress callback for one task; the artifact appears once there is something to say."""
    artifact: UUID | None = None
    updated = -_SECONDS_BETWEEN_UPDATES

    def report(what: str, done: int, total: int) -> None:
        nonlocal artifact, updated
        for listener in _listeners:
            listener(title, what, done, total)
        share = 100.0 * done / total if total else 0.0  # how many rows a source has is not known
        if time.monotonic() - updated < _SECONDS_BETWEEN_UPDATES and done != total:
            return
        with shown():
            if artifact is None:
                artifact = cast(UUID, create_progress_artifact(progress=share, description=f"{title}: {what}"))
            else:
                update_progress_artifact(artifact, progress=share, description=f"{title}: {what}")
        updated = time.monotonic()

    yield report
    if artifact is not None:
        report("done", 1, 1)  # a training that stopped early is done, too
