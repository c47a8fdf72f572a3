"""ModelSpec: all that decides a model's shape, as plain data that is stored beside its weights."""

from dataclasses import asdict, dataclass, fields
from typing import Any

from tsflow.errors import ArtifactError, ConfigError
from tsflow.models.quantiles import LEVELS
from tsflow.models.scaling import Transform

VERSION = 1
"""Version of the specification; one that this code cannot rebuild is refused, not guessed at."""


@dataclass(frozen=True)
class ModelSpec:
    """What `tsflow.models.registry.build` needs, and nothing else.

    Invariants: lengths are at least 1, and the context is a whole number of tokens.

    >>> spec = ModelSpec("gru", horizon=12, season_length=12, token=12, context=36)
    >>> ModelSpec.from_json(spec.to_json()) == spec
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
    """``log``: windows without negative values are put on the log scale."""
    stage: bool = True
    """False: the textbook as printed (token 1, standardised window, point output)."""
    width: int | None = None
    """Hidden units, channels or model dimension; the architecture's own if not given."""

    def __post_init__(self) -> None:
        lengths = {name: getattr(self, name) for name in ("horizon", "season_length", "token", "context", "width")}
        for name, length in lengths.items():
            if length is not None and length < 1:
                raise ConfigError(f"{name} must be at least 1, not {length}")
        if self.context % self.token:
            raise ConfigError(f"context ({self.context}) must be a multiple of token ({self.token})")
        if self.transform not in ("log", "none"):
            raise ConfigError(f"unknown transform {self.transform!r}; allowed: log, none")

    @property
    def levels(self) -> tuple[float, ...]:
        """The quantile levels that the model forecasts, ascending."""
        return LEVELS if self.stage else (0.5,)

    def to_json(self) -> dict[str, Any]:
        """A dict of JSON values, with the version of the specification."""
        return {"version": VERSION, **asdict(self)}

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> "ModelSpec":
        """The inverse of ``to_json``.

        Raises:
            ArtifactError: If the specification is of another version, or has other fields.
        """
        values = dict(values)
        version = values.pop("version", None)
        if version != VERSION:
            raise ArtifactError(f"model specification of version {version}; this code reads {VERSION}: retrain")
        allowed = [field.name for field in fields(cls)]
        if set(values) != set(allowed):
            raise ArtifactError(f"model specification has fields {sorted(values)}; expected: {sorted(allowed)}")
        return cls(**values)
