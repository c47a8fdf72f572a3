"""Cutoffs: what networks learn from, and on which (series, cutoff) pairs they are judged.

Three zones, oldest first: **fit** (gradients), **tune** (steps, early stopping) and **select** (touched once,
to choose). They are counted back from an anchor. Normally that is the panel's last step, so that a cutoff is
the same calendar time for all series, and nothing of one series' future is learnt from another's.
"""

import numpy as np

from tsflow.evaluation.judging import LEAST_SEEN, judgeable, network_asked, seen
from tsflow.evaluation.outcomes import outcomes
from tsflow.evaluation.protocol import Anchor, Protocol
from tsflow.evaluation.zones import fitting
from tsflow.frequency import Positions, WindowShape
from tsflow.panel import Panel
from tsflow.training.windows import Pairs

__all__ = ["Protocol", "plan_protocol"]

_CURRENT_SHARE = 0.8
"""Share of series that must be observed within the last horizon for a common calendar to be worth it."""

_ENOUGH_PAIRS = 30
"""Pairs that a zone asks for. With 3 cutoffs, the 12 pairs of four hourly series all lay at Christmas."""


def plan_protocol(panel: Panel, horizon: int, shape: WindowShape, cutoffs: int | None = None) -> Protocol:
    """Lay the zones over a panel: the most cutoffs, then the longest stride, that its history affords.

    That is the median history of the series long enough for any cutoff at all, so that neither a crowd of new
    series nor one very old one decides for the others.

    Args:
        panel: Everything that may be seen.
        horizon: Steps of a forecast, H.
        shape: Its context is what the fit zone must leave room for.
        cutoffs: Most cutoffs in the tune zone, and in the select zone; enough for 30 pairs (3 to 10) if not given.

    Returns:
        "three zones" if they fit, else "merged", else "none"; never an error, whatever the panel.
    """
    anchor, ends = _anchor(panel, horizon)
    smallest = 2 * horizon + 3  # a window with a whole target, then a cutoff and its horizon
    long_enough = panel.lengths[panel.lengths >= smallest]
    if not len(long_enough):
        longest = f"the longest series has {panel.lengths.max(initial=0)} steps"
        return _no_zones(panel, horizon, f"{longest}; a cutoff at a horizon of {horizon} needs {smallest}")
    typical = int(np.median(long_enough))
    wanted = cutoffs or int(np.clip(-(-_ENOUGH_PAIRS // len(long_enough)), 3, 10))
    for zones in fitting(typical, horizon, shape.context, wanted):
        tune = _pairs(panel, ends, zones.tune, horizon, shape)
        select = _pairs(panel, ends, zones.select, horizon, shape)
        if len(tune) and len(select):
            return Protocol(
                kind=zones.kind,
                anchor=anchor,
                horizon=horizon,
                stride=zones.stride,
                fit_last_target=ends - zones.held_out - 1,
                tune=tune,
                select=select,
                reason=zones.reason(typical),
                left_out=_left_out(panel, ends - zones.select[-1], select, horizon, shape),
                frequency=panel.frequency,
            )
    return _no_zones(
        panel, horizon, "no cutoff has two observations in the context up to it and one in the horizon after it"
    )


def _anchor(panel: Panel, horizon: int) -> tuple[Anchor, Positions]:
    """The step that zones are counted back from, shape [S]."""
    last = panel.last
    seen = panel.lengths > 0
    if not seen.any():
        return "calendar", last
    end = last[seen].max()
    if np.mean(last[seen] > end - horizon) >= _CURRENT_SHARE:
        return "calendar", np.full(len(panel), end)
    return "own end", last


def _pairs(panel: Panel, ends: Positions, steps_back: tuple[int, ...], horizon: int, shape: WindowShape) -> Pairs:
    """The pairs of every series that judge, the oldest cutoff first."""
    series = np.tile(np.arange(len(panel)), len(steps_back))
    cutoff = (ends[None, :] - np.asarray(steps_back)[:, None]).ravel()
    return judgeable(panel, Pairs(series, cutoff), horizon, shape)


def _left_out(panel: Panel, newest: Positions, select: Pairs, horizon: int, shape: WindowShape) -> dict[str, list[str]]:
    """The series that no select pair judges, by reason, which their newest cutoff tells, shape [S]."""
    judged = np.isin(np.arange(len(panel)), select.series)
    latest, season = Pairs(np.arange(len(panel)), newest), shape.season_length
    young = seen(panel, latest) < LEAST_SEEN
    after = outcomes(panel, latest, horizon).observed.any(axis=1)
    short = network_asked(panel, select, season).all() & ~network_asked(panel, latest, season)
    reasons = {
        "no observation": panel.lengths == 0,
        f"fewer than {LEAST_SEEN} observations by the last select cutoff": young & (panel.lengths > 0),
        "no observation in the horizon after a select cutoff": ~young & ~after,
        f"fewer than {season} observations by the last select cutoff, which is a season": ~young & after & short,
        f"too few observations in the {shape.context} steps up to a select cutoff": ~young & after & ~short,
    }
    named = {reason: panel.unique_ids[which & ~judged].tolist() for reason, which in reasons.items()}
    return {reason: names for reason, names in named.items() if names}


def _no_zones(panel: Panel, horizon: int, reason: str) -> Protocol:
    nothing = Pairs(np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64))
    return Protocol(
        kind="none",
        anchor=_anchor(panel, horizon)[0],
        horizon=horizon,
        stride=0,
        fit_last_target=panel.last,
        tune=nothing,
        select=nothing,
        reason=reason,
        left_out={"nothing can be held out": panel.unique_ids.tolist()},
        frequency=panel.frequency,
    )
