"""A Prefect server for the whole session, with a home of its own."""

import os
import tempfile
from collections.abc import Iterator

import pytest

# Before Prefect is imported: its database and settings are not those of whoever runs the tests.
os.environ["PREFECT_HOME"] = tempfile.mkdtemp(prefix="tsflow-prefect-")
os.environ["PREFECT_LOGGING_LEVEL"] = "ERROR"


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A real server on a temporary database; entering takes about 15 s, so once a session."""
    from prefect.testing.utilities import prefect_test_harness

    import flows  # noqa: F401 - sets Prefect's defaults

    with prefect_test_harness(server_startup_timeout=120):
        yield
