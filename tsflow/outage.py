"""Whether an error of a file system or a server is an outage, which may be over soon."""

import ssl
from collections.abc import Iterator

_NO_CONNECTION = frozenset({"ConnectionError", "TimeoutError", "gaierror", "ClientConnectionError", "HTTPClientError"})
"""Python's own, aiohttp's and botocore's, by name: no store's client is imported where another one is used."""
_TOO_MANY_REQUESTS, _SERVER_AT_FAULT = 429, 500


def is_outage(error: BaseException) -> bool:
    """Whether no connection, a timeout, a server at fault or too many requests are behind it; no wrong certificate."""
    chain = list(_behind(error))
    if any(isinstance(one, ssl.SSLError) for one in chain):
        return False
    return any(_unconnected(one) or _at_fault(_status(one)) for one in chain)


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _unconnected(error: BaseException) -> bool:
    return not _NO_CONNECTION.isdisjoint(kind.__name__ for kind in type(error).__mro__)


def _at_fault(status: int) -> bool:
    return status == _TOO_MANY_REQUESTS or status >= _SERVER_AT_FAULT


def _status(error: BaseException) -> int:
    """What an HTTP server answered, where botocore, aiohttp and Google's client have it; 0 if none did."""
    response = getattr(error, "response", None)
    if isinstance(response, dict):
        return int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    found = getattr(error, "status", None) or getattr(error, "code", None)
    return found if isinstance(found, int) else 0
