"""What is only shown: a UI that does not answer must not cost a forecast."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

logger = logging.getLogger("tsflow")


@contextmanager
def shown() -> Iterator[None]:
    """Go on if Prefect's server does not take an artifact, and say so."""
    try:
        yield
    except Exception as error:  # whatever it is: an HTTP client has many kinds
        logger.warning("not shown in Prefect: %s", error)
