"""Forecast a frame without a project: the same steps as in a scheduled slot, on a database that is thrown away."""

import re
import shutil
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import tzinfo
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from matplotlib.figure import Figure
from pydantic import SecretStr

from tsflow import config, steps
from tsflow.api.project import Pipeline, Project
from tsflow.errors import ConfigError, DataError
from tsflow.models import check_architectures
from tsflow.process import this_process, wall_clock
from tsflow.store.engine import opened

_NAME = "frame"
CHOSEN = "tsflow"
"""The column of the forecasts that would be published."""
_LEVELS = (80, 95)


def fit(
    frame: Any,
    *,
    horizon: int,
    frequency: str | pd.offsets.BaseOffset,
    device: str = "auto",
    on_progress: steps.Progress | None = None,
    **settings: Any,
) -> "Fit":
    """Train all architectures on a long frame and choose one, as a pipeline's retrain does.

    Args:
        frame: ``unique_id, ds, y`` and no other column, one row per observation, in any order; a missing or
            empty ``y`` is a gap. Of pandas, or anything with a ``to_pandas()``, as polars has it.
        horizon: Steps to forecast.
        frequency: A pandas alias, h, D, W-MON, MS ..., or offset.
        device: auto, cpu, cuda, cuda:N or mps.
        on_progress: Called with what is done, steps done and steps in all.
        **settings: Any other setting of a pipeline, such as ``season_length``, ``architectures``, ``training``.

    Raises:
        DataError: If columns are missing or too many, or ids differ only as `1` and `"1"`, or in blanks around them.
        QualityError: If a row cannot be used, with the first reason of each kind.
        ConfigError: If a setting is wrong.
        TrainingError: If no architecture could be trained.

    >>> months = pd.date_range("2015-01-01", periods=72, freq="MS")
    >>> frame = pd.DataFrame({"unique_id": "a", "ds": months, "y": [float(month % 12) for month in range(72)]})
    >>> quick = {"architectures": ["stage"], "training": {"max_steps": 5, "min_steps": 5}}
    >>> fit(frame, horizon=6, frequency="MS", device="cpu", **quick).forecast(["tsflow"]).columns.tolist()
    ['unique_id', 'ds', 'tsflow', 'tsflow-lo-95', 'tsflow-lo-80', 'tsflow-hi-80', 'tsflow-hi-95']
    """
    frame = frame if isinstance(frame, pd.DataFrame) or not hasattr(frame, "to_pandas") else frame.to_pandas()
    folder = Path(tempfile.mkdtemp(prefix="tsflow-"))
    try:
        names = _write(frame, folder / "frame.parquet")
        pipeline = {
            "source": {"kind": "parquet", "path": "frame.parquet", "columns": {"unique_id": "unique_id"}},
            "frequency": frequency if isinstance(frequency, str) else frequency.freqstr,
            "horizon": horizon,
            "clock": "data",
            "ended_after": "never",
            "quality": {"missing": "gap", "max_bad_share": 0.0},
            **settings,
        }
        fitted = Fit(_project(folder, pipeline, device), names, getattr(frame["ds"].dtype, "tz", None))
        with fitted._job() as job:
            steps.ingest(job, on_progress)
            steps.retrain(job, on_progress)
            steps.forecast(job, on_progress)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise
    weakref.finalize(fitted, shutil.rmtree, folder, ignore_errors=True)
    return fitted


class Fit:
    """What came of `fit`: forecasts, the models that were tried, and why one of them was chosen.

    Its database and weights live in a temporary folder, which goes with it.
    """

    def __init__(self, pipeline: Pipeline, names: dict[str, Any], zone: tzinfo | None) -> None:
        self._pipeline, self._names, self._zone = pipeline, names, zone

    def forecast(self, models: Sequence[str] | None = None) -> pd.DataFrame:
        """The steps after each series' last observation, with Nixtla's column names.

        Args:
            models: `tsflow` (what would be published) or architectures; `tsflow` and all that were trained if
                not given.

        Returns:
            ``unique_id, ds`` and for each model ``MODEL, MODEL-lo-95, MODEL-lo-80, MODEL-hi-80, MODEL-hi-95``, in
            units of y; ``ds`` in the zone that the frame's was in.

        Raises:
            DataError: If a model was not trained.
        """
        trained = [CHOSEN, *self.models]
        wanted = trained if models is None else list(models)
        unknown = [name for name in wanted if name not in trained]
        if unknown:
            raise DataError(f"no model {unknown[0]!r} was trained; there are: {', '.join(trained)}")
        columns = {name: _named(self._forecast(name), name) for name in wanted}
        return pd.concat(columns.values(), axis="columns").reset_index()

    @property
    def models(self) -> list[str]:
        """The architectures that were trained, best first."""
        board = self.leaderboard()
        return list(board.loc[(board["role"] == "candidate") & (board["status"] == "trained"), "architecture"])

    @property
    def reason(self) -> str:
        """Why the chosen model was chosen, in words."""
        return str(self._pipeline.decisions()["reason"].iloc[0])

    def leaderboard(self) -> pd.DataFrame:
        """Every architecture and seasonal naive with their held-out losses, best first; lower is better."""
        return self._pipeline.leaderboard()

    def plot(self, *series: Any) -> Figure:
        """Draw the end of the history and the forecasts of up to six series."""
        return self._pipeline.plot(*map(_text, series))

    def _forecast(self, model: str) -> pd.DataFrame:
        if model == CHOSEN:
            rows = self._pipeline.forecasts()
        else:
            run_id = int(self._pipeline.decisions()["run_id"].iloc[0])
            with self._job() as job:
                rows = steps.preview(job, run_id, model)
        rows = rows.assign(unique_id=rows["unique_id"].map(self._names), ds=self._in_zone(rows["ds"]))
        return rows.set_index(["unique_id", "ds"]).sort_index()

    def _in_zone(self, ds: "pd.Series[Any]") -> Any:
        if self._zone is None:
            return ds
        if self._pipeline.settings.grid.is_calendar:  # dates, which no zone shifts
            return ds.dt.tz_localize(self._zone)
        return ds.dt.tz_localize("UTC").dt.tz_convert(self._zone)

    @contextmanager
    def _job(self) -> Iterator[steps.Job]:
        """The right to work on the temporary database."""
        path, settings = str(self._pipeline.project.path), self._pipeline.project.settings
        wall, holder = wall_clock(), this_process("tsflow.fit")
        with (
            steps.hold_slot(path, _NAME, wall=wall, holder=holder, project=settings) as ticket,
            opened(settings.database.get_secret_value()) as engine,
        ):
            yield steps.Job(ticket, settings, engine)


def _project(folder: Path, pipeline: dict[str, Any], device: str) -> Pipeline:
    """The temporary project; no environment variable moves it to another database.

    Raises:
        ConfigError: If a setting is wrong.
    """
    file = folder / "tsflow.yaml"
    file.write_text(yaml.safe_dump({"device": device, "pipelines": {_NAME: pipeline}}), "utf-8")
    own = {
        "database": SecretStr(f"sqlite:///{folder / 'tsflow.db'}"),
        "artifacts": str(folder),
        "reports": str(folder),
        "device": device,
    }
    try:
        settings = config.load_project(file).model_copy(update=own)
    except ConfigError as error:
        raise ConfigError(
            re.sub(rf"{re.escape(str(file))}: (pipelines\.{_NAME}\.)?", "tsflow.fit: ", str(error))
        ) from None
    check_architectures(settings.pipelines[_NAME].architectures, "tsflow.fit: architectures")
    return Project(file, settings).pipeline(_NAME)


def _write(frame: pd.DataFrame, file: Path) -> dict[str, Any]:
    """Write the frame where the ingest reads it; returns each series' own id by the name that it is stored under."""
    needed = {"unique_id", "ds", "y"}
    found = set(map(str, frame.columns))
    if found != needed:
        missing, more = ", ".join(sorted(needed - found)), ", ".join(sorted(found - needed))
        parts = [f"without {missing}" if missing else "", f"with {more}, which would not be used" if more else ""]
        raise DataError(f"a frame of unique_id, ds and y is needed, not one {' and '.join(filter(None, parts))}")
    frame.assign(unique_id=frame["unique_id"].astype(str)).to_parquet(file, index=False)
    names: dict[str, Any] = {}
    for name in frame["unique_id"].unique():
        other = names.setdefault(_text(name), name)
        if other is not name:
            raise DataError(f"{other!r} and {name!r} are one series, {_text(name)!r}; give them different names")
    return names


def _text(name: Any) -> str:
    """The name that the ingest stores a series under."""
    return str(name).strip()


def _named(rows: pd.DataFrame, model: str) -> pd.DataFrame:
    """One model's forecasts under Nixtla's names."""
    lows = [f"lo_{level}" for level in reversed(_LEVELS)]
    highs = [f"hi_{level}" for level in _LEVELS]
    names = {"y_hat": model} | {name: f"{model}-{name.replace('_', '-')}" for name in (*lows, *highs)}
    return rows[list(names)].rename(columns=names)
