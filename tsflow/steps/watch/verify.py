"""Hold what came true against what was forecast, and that against what was promised."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.drift import MOST_REFERENCE, RECENT, Drift, detect, ratio
from tsflow.steps.forecasting.champion import decided, in_force
from tsflow.steps.slot.clock import position_of, start_of, steps_between
from tsflow.steps.slot.job import Job
from tsflow.store import monitoring
from tsflow.store.leases import LIVE
from tsflow.store.monitoring import DriftCheck, Score

Floats = NDArray[np.float64]

_CORRECTIONS = 2
"""Horizons back for which forecasts are scored again: what is corrected later than that is not counted."""


@dataclass(frozen=True)
class _Live:
    """One published run that has come true up to the next one."""

    slot: datetime
    ratio: float
    scores: list[Score]


def verify(job: Job, run_id: int) -> DriftCheck | None:
    """Score every published forecast that has come true, and say whether the champion still keeps its promise.

    Only the leads up to the next forecast count for that, which are what readers saw as current: so the runs'
    errors hardly overlap. A run after which this was asked keeps its answer. Nothing is asked after a slot that is
    filled in later: the next present one scores its forecast, too.

    Args:
        job: The slot.
        run_id: The forecast run that has just been published.
    """
    ticket = job.ticket
    if ticket.known_at is not None and job.fence.space == LIVE:
        return None
    made = monitoring.check_of(job.engine, run_id)
    if made is not None:
        return made
    last = monitoring.last_check(job.engine, job.fence)
    since = None if last is None else (_earlier(job, last[0]), last[1].checked_at)
    chosen = monitoring.published(job.engine, job.fence, since)
    known_at = ticket.known_at or max(ticket.moment, ticket.now)
    monitoring.score(job.engine, job.fence, chosen, now=ticket.moment, known_at=known_at)
    check = _check(job, run_id)
    monitoring.record(job.engine, job.fence, check)
    if check.drifted:
        job.alert("drift", check.reason)
    return check


def drifted(job: Job) -> str | None:
    """What the last slot found, if it found drift and nothing has been decided since."""
    last, decision = monitoring.last_check(job.engine, job.fence, before=job.ticket.slot), in_force(job)
    if last is None or decision is None or not last[1].drifted or decision.slot >= last[0]:
        return None
    return last[1].reason


def _check(job: Job, run_id: int) -> DriftCheck:
    alarm = monitoring.last_check(job.engine, job.fence, drifted=True)
    live = [one for one in _live(job) if alarm is None or one.slot > alarm[0]]  # an alarm begins it all anew
    recent, earlier = live[-RECENT:], live[:-RECENT]
    reference = np.array([*_promised_ratios(job), *(one.ratio for one in earlier)])
    ratios = np.array([one.ratio for one in recent])
    found = detect(reference, ratios)
    rows = [score for one in recent for score in one.scores]
    mean = float(ratios.mean()) if len(ratios) else None
    return DriftCheck(
        run_id=run_id,
        runs=len(recent),
        reference=len(reference),
        ratio=mean,
        growth=found.growth,
        p_value=found.p_value,
        bias=_weighted(rows, "bias"),
        coverage_80=_weighted(rows, "coverage_80"),
        coverage_95=_weighted(rows, "coverage_95"),
        drifted=found.drifted,
        reason=_words(len(recent), mean, found),
        checked_at=job.ticket.moment,
    )


def _live(job: Job) -> list[_Live]:
    """The last published runs of which every lead up to the next run has come true, with a promise to compare with."""
    scores = monitoring.scores(job.engine, job.fence, MOST_REFERENCE + RECENT + 1)
    runs = [list(rows) for _, rows in groupby(scores, key=lambda score: score.run_id)]
    made = decided(job)
    live = []
    for number, rows in enumerate(runs):
        first = rows[0]
        follower = runs[number + 1][0].slot if number + 1 < len(runs) else job.ticket.slot
        leads = min(max(steps_between(job.pipeline.grid, first.slot, follower), 1), job.pipeline.horizon)
        before = (one for one in made if one.slot <= first.slot and one.decided_at <= first.published_at)
        decision = next(before, None)
        if decision is None or decision.promise is None:
            continue
        source = "baseline" if decision.outcome == "baseline" else "champion"
        counted = [row for row in rows if row.source == source and row.lead <= leads and row.error is not None]
        if {row.lead for row in counted} != set(range(1, leads + 1)):
            continue
        errors, steps = (np.array([getattr(row, name) for row in counted], dtype=float) for name in ("error", "steps"))
        value = ratio(errors, steps, _promised(decision.promise)[:leads])
        if np.isfinite(value):
            live.append(_Live(first.slot, value, counted))
    return live


def _promised_ratios(job: Job) -> list[float]:
    """The ratio of each held-out cutoff to their mean: how much it scatters while the promise holds."""
    decision = in_force(job)
    if decision is None or decision.promise is None:
        return []
    by_cutoff = np.array(decision.promise["error"], dtype=float)  # [C, H]
    promised = _promised(decision.promise)
    values = [ratio(row, np.isfinite(row).astype(float), promised) for row in by_cutoff]
    return [value for value in values if np.isfinite(value)]


def _promised(promise: Any) -> Floats:
    """Error by lead, the mean over cutoffs, shape [H]; NaN where nothing was held out."""
    by_cutoff = np.array(promise["error"], dtype=float)
    known = np.isfinite(by_cutoff)
    count = known.sum(axis=0)
    total = np.where(known, by_cutoff, 0.0).sum(axis=0)
    mean: Floats = np.divide(total, count, out=np.full(by_cutoff.shape[1], np.nan), where=count > 0)
    return mean


def _earlier(job: Job, slot: datetime) -> datetime:
    """As many horizons before a slot as corrections are waited for."""
    grid = job.pipeline.grid
    return start_of(grid, position_of(grid, slot) - _CORRECTIONS * job.pipeline.horizon)


def _weighted(rows: list[Score], name: str) -> float | None:
    known = [(row.steps, getattr(row, name)) for row in rows if getattr(row, name) is not None]
    total = sum(steps for steps, _ in known)
    return sum(steps * value for steps, value in known) / total if total else None


def _words(runs: int, mean: float | None, found: Drift) -> str:
    if mean is None:
        return "no forecast with a promise has come true yet"
    kept = f"the error of the last {runs} forecasts that came true is {mean:.2f} times the promised one"
    if found.p_value is None:
        return f"{kept}; too few to tell drift"
    if found.drifted:
        return f"drift: {kept}, {found.growth:.2f} times that of before (p = {found.p_value:.1g})"
    return f"{kept}; no drift"
