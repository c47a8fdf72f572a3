"""What every part of the configuration shares."""

from collections.abc import Iterator
from difflib import get_close_matches
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, PlainSerializer

from tsflow.config.secrets import masked


class Settings(BaseModel):
    """A frozen section of the configuration; an unknown key is an error, and a repr shows no password."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, hide_input_in_errors=True)

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        for name, value in super().__repr_args__():
            yield name, masked(value) if isinstance(value, str) else value


def suggestion(found: object, allowed: list[str]) -> str:
    """`` did you mean 'x'?``, or nothing where no allowed word is near."""
    near = get_close_matches(str(found), allowed, n=1)
    return f" did you mean {near[0]!r}?" if near else ""


def _known_timezone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        hint = suggestion(name, sorted(available_timezones()))
        raise ValueError(f"unknown time zone;{hint} allowed: IANA names such as UTC, Europe/Berlin") from None
    return name


Timezone = Annotated[str, AfterValidator(_known_timezone)]
"""The IANA name of a time zone."""

Location = Annotated[str, PlainSerializer(masked)]
"""A local path or fsspec URL; a password in it is dumped as ``***``."""
