"""What exceeds a limit, and lists of ids in parts that a statement can take."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from tsflow.config import Limits

_IDS_PER_STATEMENT = 500
Key = TypeVar("Key")


def earliest(days: float | None, now: datetime) -> datetime | None:
    """The moment before which a limit by age lets go; none without a limit."""
    return None if days is None else now - timedelta(days=days)


def beyond(found: Sequence[tuple[Key, datetime]], limits: Limits, now: datetime) -> tuple[Key, ...]:
    """Of what is given with its moment, newest first, that which exceeds the age or the number of moments."""
    before, kept = earliest(limits.days, now), set()
    gone = []
    for key, moment in found:
        kept.add(moment)
        old = before is not None and moment < before
        if old or (limits.count is not None and len(kept) > limits.count):
            gone.append(key)
    return tuple(gone)


def parts(ids: tuple[int, ...]) -> Iterable[tuple[int, ...]]:
    """The ids, so many at a time."""
    for start in range(0, len(ids), _IDS_PER_STATEMENT):
        yield ids[start : start + _IDS_PER_STATEMENT]
