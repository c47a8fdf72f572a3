"""HTTP documents: downloaded once to a temporary file, with retries, and read from there."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import SplitResult, urlsplit

import httpx
from pydantic import SecretStr
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential, wait_random

from tsflow.config import HttpSource, Source
from tsflow.errors import SourceError, SourceUnavailable

_LATER = (httpx.codes.REQUEST_TIMEOUT, httpx.codes.TOO_EARLY, httpx.codes.TOO_MANY_REQUESTS)
_BACK_OFF = wait_exponential(multiplier=0.25, exp_base=4, max=30) + wait_random(0, 0.25)


@contextmanager
def on_this_machine(source: Source) -> Iterator[Source]:
    """The source itself, or for HTTP one that reads a downloaded copy; the copy is gone at the end.

    A caller that reads a source twice does so inside, so that both times see the same document.

    Raises:
        SourceUnavailable: If the server did not answer in time, or was at fault, at every attempt.
        SourceError: If the server refused.
    """
    if not isinstance(source, HttpSource) or _address(source).scheme == "file":
        yield source
        return
    with TemporaryDirectory(prefix="tsflow-") as folder:
        copy = Path(folder) / (_address(source).hostname or "document")
        retrying = Retrying(
            stop=stop_after_attempt(source.attempts),
            wait=_BACK_OFF,
            retry=retry_if_exception_type(SourceUnavailable),
            reraise=True,
        )
        retrying(_download, source, copy)
        yield source.model_copy(update={"url": SecretStr(copy.as_uri())})


def _address(source: HttpSource) -> SplitResult:
    return urlsplit(source.url.get_secret_value())


def _download(source: HttpSource, copy: Path) -> None:
    place = f"{_address(source).hostname}: the document of source.url"  # the rest of an address may be a secret
    try:
        with (
            httpx.Client(
                timeout=source.timeout,
                follow_redirects=True,
                event_hooks={"request": [partial(_set_headers, source)]},
            ) as client,
            client.stream("GET", source.url.get_secret_value()) as response,
            copy.open("wb") as file,
        ):
            _complain_of(response.status_code, place)
            for part in response.iter_bytes():
                file.write(part)
    except httpx.TransportError as error:
        raise SourceUnavailable(f"{place} did not come ({type(error).__name__}); try again later") from None
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise SourceError(f"{place} cannot be had ({type(error).__name__}); mend the address") from None


def _set_headers(source: HttpSource, request: httpx.Request) -> None:
    """Give a request the configured headers, or, where another host was redirected to, none: they may be secrets."""
    own, asked = httpx.URL(source.url.get_secret_value()), request.url
    trusted = (asked.host, asked.port) == (own.host, own.port) and asked.scheme in (own.scheme, "https")
    for name, value in source.headers.items():
        if trusted:
            request.headers[name] = value.get_secret_value()
        else:
            request.headers.pop(name, None)


def _complain_of(status: int, place: str) -> None:
    if status in _LATER or status >= 500:
        raise SourceUnavailable(f"{place} is not to be had now (status {status}); try again later")
    if status != httpx.codes.OK:
        raise SourceError(f"{place} was refused (status {status}); mend source.url or source.headers")
