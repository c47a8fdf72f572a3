"""What forecasts are judged by: held-out pairs, metrics, baselines, calibration, and the choice made."""

from tsflow.evaluation.baselines import seasonal_naive
from tsflow.evaluation.conformal import Calibration, calibrate
from tsflow.evaluation.cutoffs import plan_protocol
from tsflow.evaluation.judging import judgeable, network_asked
from tsflow.evaluation.metrics import (
    coverage,
    mae,
    mase,
    mase_scale,
    msis,
    owa,
    rmse,
    scaled_pinball,
    smape,
)
from tsflow.evaluation.naive2 import naive2
from tsflow.evaluation.outcomes import Outcomes, outcomes
from tsflow.evaluation.protocol import Protocol
from tsflow.evaluation.scale import own_scale, pair_scale, usual_scale
from tsflow.evaluation.selection import Candidate, Choice, choose, collapsed

__all__ = [
    "Calibration",
    "Candidate",
    "Choice",
    "Outcomes",
    "Protocol",
    "calibrate",
    "choose",
    "collapsed",
    "coverage",
    "judgeable",
    "mae",
    "mase",
    "mase_scale",
    "msis",
    "naive2",
    "network_asked",
    "outcomes",
    "owa",
    "own_scale",
    "pair_scale",
    "plan_protocol",
    "rmse",
    "scaled_pinball",
    "seasonal_naive",
    "smape",
    "usual_scale",
]
