"""What screening a chunk came to."""

from typing import Any

import pandas as pd

from tests.unit.quality.observations import NOW, pipeline
from tsflow.config import Pipeline
from tsflow.quality import Screened, screen


def stamps(screened: Screened) -> list[str]:
    return [str(stamp) for stamp in screened.good["ds"].to_numpy().astype("M8[m]")]


def failed(screened: Screened) -> list[tuple[int, str]]:
    return list(zip(screened.bad["row"], screened.bad["failed_check"], strict=True))


def screened(chunk: pd.DataFrame, settings: Pipeline | None = None, **options: Any) -> Screened:
    return screen(chunk, settings or pipeline(), NOW, **options)
