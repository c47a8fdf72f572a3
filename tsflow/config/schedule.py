"""When slots are due: a cron expression, an iCalendar rule, or seconds between them."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError
from dateutil.rrule import rrulestr
from pydantic import AfterValidator, BeforeValidator

_ANCHOR = datetime(2020, 1, 1, tzinfo=UTC)  # rules and intervals count from here, as Prefect's rules do


def schedule_kind(schedule: str) -> Literal["cron", "rrule", "interval"]:
    """What a schedule is, by its looks."""
    if schedule.isdecimal():
        return "interval"
    return "rrule" if "FREQ=" in schedule else "cron"


def times_after(schedule: str, moment: datetime, timezone: str) -> Iterator[datetime]:
    """The scheduled times after a moment, ascending, in UTC; a rule may come to an end.

    Cron and rules go by the clock of ``timezone``; an interval is counted from 2020 on, in UTC.

    >>> times = times_after("0 6 * * *", datetime(2024, 3, 30, 12, tzinfo=UTC), "Europe/Berlin")
    >>> next(times).isoformat()  # the night before, clocks were put forward
    '2024-03-31T04:00:00+00:00'
    >>> next(times_after("900", datetime(2024, 3, 30, 12, 1, tzinfo=UTC), "UTC")).isoformat()
    '2024-03-30T12:15:00+00:00'
    """
    zone, kind = ZoneInfo(timezone), schedule_kind(schedule)
    if kind == "interval":
        step = timedelta(seconds=int(schedule))
        return (_ANCHOR + number * step for number in count((moment - _ANCHOR) // step + 1))
    if kind == "rrule":
        rule = rrulestr(schedule, dtstart=_ANCHOR.replace(tzinfo=zone))
        return (time.astimezone(UTC) for time in rule.xafter(moment.astimezone(zone)))
    return (time.astimezone(UTC) for time in CronSim(schedule, moment.astimezone(zone)))


def _text(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _known(value: str) -> str:
    try:
        if len(value.split()) not in (1, 5):  # cronsim also takes seconds, which Prefect does not
            raise CronSimError
        next(times_after(value, _ANCHOR, "UTC"))
    except (CronSimError, ValueError, KeyError, TypeError, StopIteration, ZeroDivisionError):
        raise ValueError(
            "no schedule; allowed: a cron expression such as '0 6 * * *', "
            "an iCalendar rule such as 'FREQ=WEEKLY;BYDAY=MO;BYHOUR=6;BYMINUTE=0;BYSECOND=0', or seconds such as 900"
        ) from None
    return value


Schedule = Annotated[str, BeforeValidator(_text), AfterValidator(_known)]
"""A cron expression, an iCalendar rule, or seconds."""
