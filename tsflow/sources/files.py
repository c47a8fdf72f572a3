"""Files by path, glob or fsspec URL, and what goes wrong with them in words."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from gzip import BadGzipFile
from pathlib import PurePosixPath
from typing import Any

import fsspec
import pyarrow as pa

from tsflow.config.secrets import masked
from tsflow.errors import SourceError, SourceUnavailable
from tsflow.outage import is_outage

_WILDCARDS = frozenset("*?[")


def matching_files(path: str) -> list[str]:
    """The URLs of the files that a path or glob names, sorted.

    Raises:
        SourceError: If there is none.
    """
    with understood(path):
        system, inner = fsspec.core.url_to_fs(path)
        if _WILDCARDS.isdisjoint(inner) or system.exists(inner):
            return [path]
        found = sorted(system.glob(inner))
    if not found:
        raise SourceError(f"{masked(path)}: no file matches; mend source.path (relative to tsflow.yaml)")
    return [system.unstrip_protocol(name) for name in found]


@contextmanager
def opened(url: str, compression: str | None = "infer") -> Iterator[Any]:
    """A file for reading bytes, decompressed by its ending."""
    with understood(url), fsspec.open(url, "rb", compression=compression) as file:
        yield file


def file_name(url: str) -> str:
    """The last part of a path or URL."""
    return PurePosixPath(url.rpartition("://")[2]).name


@contextmanager
def understood(url: str) -> Iterator[None]:
    """Turn the errors of files, networks and formats into a ``SourceError`` that says what to do."""
    place = masked(url)
    try:
        yield
    except FileNotFoundError:
        raise SourceError(f"{place}: no such file; mend source.path (relative to tsflow.yaml)") from None
    except IsADirectoryError:
        raise SourceError(f"{place}: a folder; name a file or a glob in source.path") from None
    except PermissionError:
        raise SourceError(f"{place}: may not be read by this user; mend its permissions") from None
    except (BadGzipFile, EOFError, zlib.error) as error:
        raise SourceError(f"{place}: cannot be decompressed ({error}); is the file complete?") from None
    except pa.ArrowInvalid as error:
        raise SourceError(f"{place}: not readable as this kind of file ({error}); mend source.kind") from None
    except Exception as error:  # clients of object stores have errors of their own
        if is_outage(error):
            raise SourceUnavailable(f"{place}: did not answer ({masked(str(error))}); try again later") from None
        if isinstance(error, (OSError, ImportError, ValueError)):
            raise SourceError(f"{place}: cannot be read ({masked(str(error))})") from None
        raise
