"""What every part of the configuration shares."""

from pydantic import BaseModel, ConfigDict


class Settings(BaseModel):
    """A frozen section of the configuration; an unknown key is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)
