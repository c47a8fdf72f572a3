"""What a check found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Finding:
    """One line of the report; a remedy is shown unless all is well."""

    level: Literal["ok", "warn", "fail"]
    what: str
    found: str
    remedy: str = ""
