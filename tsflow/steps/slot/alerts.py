"""What somebody should know: one hook, through which the log, a webhook and the orchestrator hear it once."""

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import httpx
from sqlalchemy import Engine
from tenacity import retry, retry_if_exception_type, stop_after_attempt, wait_exponential

from tsflow.errors import StoreError
from tsflow.store import alerts

logger = logging.getLogger("tsflow.alerts")

Kind = Literal["failed", "quarantine", "baseline", "late", "missing", "drift"]
WEBHOOK = "TSFLOW_ALERT_URL"
_SECONDS = 10.0  # a webhook that does not answer must not hold up a slot


@dataclass(frozen=True)
class Alert:
    """Something that a person should know of a pipeline.

    ``failed``: a run ended with an error. ``quarantine``: too many rows were refused. ``baseline``: no model beat
    seasonal naive, which is published instead. ``late``: no forecast though one was due. ``missing``: series without
    one. ``drift``: live errors above those of the backtest.
    """

    kind: Kind
    pipeline: str
    message: str
    slot: datetime | None = None
    """What it is about; of a kind, pipeline and slot each channel is told once."""


Channel = Callable[[Alert], None]
"""Takes an alert to where somebody sees it; whatever it raises is logged, and costs nothing else."""


def send(alert: Alert, *, engine: Engine | None, channels: Sequence[Channel] = (), now: datetime) -> None:
    """Tell the log, the webhook and the given channels; raised again, those alone that it did not reach.

    Told first and written down after: killed in between, it is told twice rather than never.

    Args:
        alert: What to tell.
        engine: Where alerts are written down; none where the database is the trouble.
        channels: Where else to tell it.
        now: By the wall clock.
    """
    by_name = {channel.__name__: channel for channel in (webhook, *channels)}
    before = None if engine is None else _unheard(engine, alert)
    if before is None:
        logger.warning("alert: %s: %s: %s", alert.pipeline, alert.kind, alert.message)
    owed = list(by_name) if before is None else before
    unheard = [name for name in owed if name not in by_name or not _told(by_name[name], alert)]
    if engine is not None and unheard != before:
        try:
            alerts.record(engine, now=now, unheard=unheard, **asdict(alert))
        except StoreError as error:
            logger.warning("the alert is not written down: %s", error)


def webhook(alert: Alert) -> None:
    """POST the alert as JSON to the URL in the environment's TSFLOW_ALERT_URL; nothing without one.

    Slack's, Mattermost's and Google Chat's incoming webhooks show ``text``; the other fields are for programs.
    """
    url = os.environ.get(WEBHOOK)
    if url:
        _post(url, _payload(alert))


def _payload(alert: Alert) -> dict[str, Any]:
    slot = None if alert.slot is None else alert.slot.isoformat()
    text = f"tsflow: {alert.pipeline}: {alert.kind}: {alert.message}"
    return {"text": text, **asdict(alert), "slot": slot}


@retry(
    retry=retry_if_exception_type(httpx.TransportError),
    stop=stop_after_attempt(3),
    wait=wait_exponential(max=4),
    reraise=True,
)
def _post(url: str, payload: dict[str, Any]) -> None:
    httpx.post(url, json=payload, timeout=_SECONDS).raise_for_status()


def _told(channel: Channel, alert: Alert) -> bool:
    try:
        channel(alert)
    except Exception as error:  # whatever it is: the text may hold the URL, and so a secret
        logger.warning("an alert did not get through (%s): %s", channel.__name__, type(error).__name__)
        return False
    return True


def _unheard(engine: Engine, alert: Alert) -> list[str] | None:
    """The channels that it has not reached; none if it was not raised before."""
    try:
        return None if alert.slot is None else alerts.unheard(engine, alert.pipeline, alert.kind, alert.slot)
    except StoreError:
        return None  # better twice than never
