"""The networks and what surrounds them; torch only.

`build(spec, seed)` gives a module ``(context, observed) -> (quantiles, scaling)``.
"""

from tsflow.models.ensemble import Ensemble
from tsflow.models.quantiles import LEVELS, MEDIAN
from tsflow.models.registry import ARCHITECTURES, Architecture, build, check_architectures
from tsflow.models.scaling import Scaling
from tsflow.models.spec import AnySpec, EnsembleSpec, ModelSpec, spec_from_json

__all__ = [
    "ARCHITECTURES",
    "LEVELS",
    "MEDIAN",
    "AnySpec",
    "Architecture",
    "Ensemble",
    "EnsembleSpec",
    "ModelSpec",
    "Scaling",
    "build",
    "check_architectures",
    "spec_from_json",
]
