"""Specifications: all that decides a model's shape, as plain data that is stored beside its weights."""

from dataclasses import asdict, dataclass, field, fields
from typing import Any, get_args

from tsflow.errors import ArtifactError, ConfigError
from tsflow.models.quantiles import LEVELS
from tsflow.models.scaling import Level, Transform

VERSION = 2
"""Version of the specification; one that this code cannot rebuild is refused, not guessed at."""


@dataclass(frozen=True)
class ModelSpec:
    """What `tsflow.models.registry.build` needs, and nothing else.

    Invariants: lengths are at least 1, and the context is a whole number of tokens.

    >>> spec = ModelSpec("gru", horizon=12, season_length=12, token=12, context=36)
    >>> spec_from_json(spec.to_json()) == spec
    True

    Raises:
        ConfigError: If an invariant is broken.
    """

    architecture: str
    """A name in `tsflow.models.registry.ARCHITECTURES`."""
    horizon: int
    """Steps to forecast, H."""
    season_length: int
    """Steps in a season; 1 where there is none."""
    token: int
    """Steps that make one token; the plain mode always has 1."""
    context: int
    """Steps that the model sees, L."""
    transform: Transform = "log"
    """Applied to windows without negative values before scaling: log(1 + y), y^(1/4), or none."""
    level: Level = "window"
    """What scaling subtracts: the mean of the window, or of its last season."""
    stage: bool = True
    """False: the textbook as printed (token 1, standardised window, point output)."""
    width: int | None = None
    """Hidden units, channels or model dimension; the architecture's own if not given."""
    unit: float = field(default=1.0, compare=False)
    """What a window of zeros is scaled by, above 0, in units of y: the usual change of the panel's series."""

    def __post_init__(self) -> None:
        lengths = {name: getattr(self, name) for name in ("horizon", "season_length", "token", "context", "width")}
        for name, length in lengths.items():
            if length is not None and length < 1:
                raise ConfigError(f"{name} must be at least 1, not {length}")
        if self.context % self.token:
            raise ConfigError(f"context ({self.context}) must be a multiple of token ({self.token})")
        if not self.unit > 0:
            raise ConfigError(f"unit must be above 0, not {self.unit}")
        for name, allowed in (("transform", get_args(Transform)), ("level", get_args(Level))):
            if getattr(self, name) not in allowed:
                raise ConfigError(f"unknown {name} {getattr(self, name)!r}; allowed: {', '.join(allowed)}")

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantile levels that the model forecasts, ascending."""
        return LEVELS if self.stage else (0.5,)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values, with the version of the specification."""
        return {"version": VERSION, **asdict(self)}


@dataclass(frozen=True)
class EnsembleSpec:
    """Several models that forecast as one.

    Invariant: all members have the same horizon, season and levels.
    """

    architecture: str
    """The members' own, or ``ensemble`` where they differ."""
    members: tuple[ModelSpec, ...]

    def __post_init__(self) -> None:
        if len({(one.horizon, one.season_length, one.levels) for one in self.members}) != 1:
            raise ConfigError("members of an ensemble have one horizon, one season and the same levels")

    @property
    def horizon(self) -> int:
        """Steps to forecast, H."""
        return self.members[0].horizon

    @property
    def season_length(self) -> int:
        """Steps in a season."""
        return self.members[0].season_length

    @property
    def context(self) -> int:
        """Steps that the members see at most, L."""
        return max(member.context for member in self.members)

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantile levels that the members forecast, ascending."""
        return self.members[0].levels

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values; horizon and season are there for those who ask whether the model still fits."""
        return {
            "version": VERSION,
            "architecture": self.architecture,
            "horizon": self.horizon,
            "season_length": self.season_length,
            "members": [member.to_json() for member in self.members],
        }


AnySpec = ModelSpec | EnsembleSpec
"""What `tsflow.models.registry.build` builds from."""


def spec_from_json(values: dict[str, Any]) -> AnySpec:
    """The inverse of ``to_json`` of either kind.

    Raises:
        ArtifactError: If the specification is of another version, or has other fields.
    """
    values = dict(values)
    version = values.pop("version", None)
    if version != VERSION:
        raise ArtifactError(f"model specification of version {version}; this code reads {VERSION}: retrain")
    if "members" in values:
        members = tuple(spec_from_json(member) for member in values["members"])
        return EnsembleSpec(values["architecture"], tuple(one for one in members if isinstance(one, ModelSpec)))
    values = {"unit": 1.0} | values  # specifications of before there were units: windows of zeros were scaled by 1
    allowed = [field.name for field in fields(ModelSpec)]
    if set(values) != set(allowed):
        raise ArtifactError(f"model specification has fields {sorted(values)}; expected: {sorted(allowed)}")
    return ModelSpec(**values)
