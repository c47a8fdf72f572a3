"""How often the drift test fires on stationary data, and how soon on real drift: `python benchmarks/drift.py`.

Series are autoregressive (AR(1), 0.7) with a season of 7 in the variance, forecast by their true conditional mean, so
that nothing ever drifts; in the second part the noise grows at slot 200. Every slot asks the test, as the monitor does,
and an alarm begins it all anew. Half of each shock is common to all series. Fixed seed.
"""

import argparse
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tsflow.evaluation.drift import RECENT, detect, ratio

Floats = NDArray[np.float64]
_AR, _SLOTS, _CHANGE = 0.7, 400, 200


@dataclass(frozen=True)
class Kind:
    """What a pipeline forecasts."""

    series: int
    leads: int
    """Steps between two forecasts."""
    cutoffs: int
    """Held out by the decision."""
    noise: str


KINDS = [
    Kind(series, leads, cutoffs, noise)
    for series, leads, cutoffs in ((1, 1, 10), (1, 24, 10), (10, 1, 10), (100, 1, 3), (100, 24, 3), (1000, 7, 3))
    for noise in ("normal", "t4")
]


def main() -> None:
    """Print a line for each kind of pipeline."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipelines", type=int, default=300, help="simulated pipelines of each kind")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    print(f"{options.pipelines} pipelines of each kind; noise x 1.5 and x 2: median slots to the alarm, share found")
    print("| series | leads | cutoffs | noise | alarms in 1,000 stationary slots | x 1.5 | x 2 |")
    print("|---|---|---|---|---|---|---|")
    for kind in KINDS:
        random = np.random.default_rng(options.seed)
        stationary = [alarms(random, kind, 1.0) for _ in range(options.pipelines)]
        rate = 1000 * sum(map(len, stationary)) / (_SLOTS * options.pipelines)
        grown = [_found([alarms(random, kind, size) for _ in range(options.pipelines)]) for size in (1.5, 2.0)]
        cells = [kind.series, kind.leads, kind.cutoffs, kind.noise, f"{rate:.2f}", *grown]
        print("| " + " | ".join(map(str, cells)) + " |", flush=True)


def alarms(random: np.random.Generator, kind: Kind, growth: float) -> list[int]:
    """The slots at which the test fires over a pipeline's life, the noise growing at slot 200."""
    held_out = _errors(random, kind, np.ones(kind.cutoffs))
    live = _errors(random, kind, np.where(np.arange(_SLOTS) < _CHANGE, 1.0, growth))
    promised, steps = held_out.mean(axis=0), np.full(kind.leads, float(kind.series))
    promised_ratios = np.array([ratio(row, steps, promised) for row in held_out])
    ratios = np.array([ratio(row, steps, promised) for row in live])
    fired: list[int] = []
    for slot in range(_SLOTS):
        live = ratios[fired[-1] + 1 if fired else 0 : slot + 1]
        if detect(np.concatenate([promised_ratios, live[:-RECENT]]), live[-RECENT:]).drifted:
            fired.append(slot)
    return fired


def _found(runs: list[list[int]]) -> str:
    first = [next((slot - _CHANGE + 1 for slot in run if slot >= _CHANGE), None) for run in runs]
    seen = [delay for delay in first if delay is not None]
    return f"{np.median(seen):.0f}, {len(seen) / len(runs):.0%}" if seen else "never"


def _errors(random: np.random.Generator, kind: Kind, size: Floats) -> Floats:
    """Mean absolute error over the series by slot and lead, [slots, leads]; ``size`` of the noise by slot."""
    shape = (len(size), kind.leads, kind.series)
    own = random.normal(size=shape) if kind.noise == "normal" else random.standard_t(4, size=shape) / np.sqrt(2)
    common = random.normal(size=(*shape[:2], 1))
    step = np.arange(shape[0] * kind.leads).reshape(*shape[:2], 1)
    season = 1 + 0.3 * np.sin(2 * np.pi * step / 7)
    errors = np.sqrt(0.5) * (own + common) * season * size[:, None, None]
    for lead in range(1, kind.leads):  # the error of a longer forecast carries the shocks before it
        errors[:, lead] += _AR * errors[:, lead - 1]
    mean: Floats = np.abs(errors).mean(axis=2)
    return mean


if __name__ == "__main__":
    main()
