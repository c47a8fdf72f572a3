"""Models: one row per trained network or baseline, and the held-out scores that decide between them."""

import math
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from tsflow.errors import StoreError
from tsflow.frequency import Times
from tsflow.store import bulk, schema
from tsflow.store.engine import reading
from tsflow.store.leases import Fence, fenced

Role = Literal["candidate", "refit", "baseline"]
_METRIC = "pinball"


@dataclass(frozen=True, kw_only=True)
class Training:
    """What is known of a model once it is trained, or failed to be; the table's comments say what each is."""

    architecture: str
    role: Role
    status: Literal["trained", "failed"] = "trained"
    configuration: Any = None
    seed: int | None = None
    device: str | None = None
    trained_until: datetime | None = None
    parameters: int | None = None
    steps: int | None = None
    seconds: float | None = None
    tune_loss: float | None = None
    select_loss: float | None = None
    curve: Any = None
    explanation: Any = None
    artifact_url: str | None = None
    artifact_sha256: str | None = None
    members: list[int] | None = None
    error: str | None = None


@dataclass(frozen=True, kw_only=True)
class ModelRow(Training):
    """A row of `models`."""

    id: int
    run_id: int
    pipeline: str


def record(engine: Engine, fence: Fence, run_id: int, training: Training) -> ModelRow:
    """Write a model's row; a retry of the same (run, architecture, role) keeps its id and drops its scores.

    A loss that is not finite is stored as none.

    Raises:
        LeaseLost: If another run took over.
    """
    table = schema.models
    values = {name: _finite(value) for name, value in asdict(training).items()}
    values |= {"run_id": run_id, "pipeline": fence.pipeline}
    same = {"run_id": run_id, "architecture": training.architecture, "role": training.role}
    with fenced(engine, fence) as connection:
        model_id = connection.scalar(select(table.c.id).filter_by(**same))
        if model_id is None:
            model_id = connection.scalars(insert(table).values(**values).returning(table.c.id)).one()
        else:
            connection.execute(delete(schema.scores).filter_by(run_id=run_id, model_id=model_id))
            connection.execute(update(table).where(table.c.id == model_id).values(**values))
        return _fetch(connection, model_id)


def score(
    engine: Engine,
    fence: Fence,
    model_id: int,
    *,
    series_id: NDArray[np.int64],
    cutoff: Times,
    value: NDArray[np.float64],
    select_loss: float,
) -> None:
    """Write what a model scored on the select pairs, and their mean; a retry replaces both.

    Args:
        engine: The database.
        fence: The right to write.
        model_id: The model.
        series_id: Series of each pair, shape [P].
        cutoff: Cutoff of each pair, shape [P].
        value: Score of each pair, shape [P], lower is better; pairs without a finite one are left out.
        select_loss: What the model is compared by.

    Raises:
        LeaseLost: If another run took over.
    """
    known = np.isfinite(value)
    with fenced(engine, fence) as connection:
        run_id = _fetch(connection, model_id).run_id
        connection.execute(delete(schema.scores).filter_by(run_id=run_id, model_id=model_id, metric=_METRIC))
        columns: dict[str, Any] = {"run_id": run_id, "model_id": model_id, "series_id": series_id[known]}
        columns |= {"cutoff": cutoff[known], "metric": _METRIC, "value": value[known]}
        bulk.insert(connection, schema.scores, int(known.sum()), columns)
        of_model = update(schema.models).where(schema.models.c.id == model_id)
        connection.execute(of_model.values(select_loss=_finite(select_loss)))


def get(engine: Engine, model_id: int) -> ModelRow:
    """One model by its number.

    Raises:
        StoreError: If there is none.
    """
    with reading(engine) as connection:
        return _fetch(connection, model_id)


def of_run(engine: Engine, run_id: int) -> list[ModelRow]:
    """All models of a retrain, in the order in which they were first recorded."""
    with reading(engine) as connection:
        rows = connection.execute(select(schema.models).filter_by(run_id=run_id).order_by(schema.models.c.id))
        return [_model(row) for row in rows]


def find(engine: Engine, run_id: int, architecture: str, role: Role) -> ModelRow | None:
    """One model of a retrain, if it was recorded."""
    same = {"run_id": run_id, "architecture": architecture, "role": role}
    with reading(engine) as connection:
        row = connection.execute(select(schema.models).filter_by(**same)).one_or_none()
    return None if row is None else _model(row)


def latest_baseline(
    engine: Engine, pipeline: str, space: str, *, until: datetime, decided_by: datetime | None = None
) -> ModelRow | None:
    """Seasonal naive of the newest retrain of slots up to ``until`` that had decided by a moment; none if none had."""
    table, decisions = schema.models, schema.decisions
    wanted = select(table).join(decisions, decisions.c.run_id == table.c.run_id).where(table.c.role == "baseline")
    wanted = wanted.where(decisions.c.pipeline == pipeline, decisions.c.space == space, decisions.c.slot <= until)
    if decided_by is not None:
        wanted = wanted.where(decisions.c.decided_at <= decided_by)
    with reading(engine) as connection:
        row = connection.execute(wanted.order_by(decisions.c.slot.desc(), table.c.id.desc()).limit(1)).one_or_none()
    return None if row is None else _model(row)


def scores(engine: Engine, run_id: int) -> dict[int, NDArray[np.float64]]:
    """What each model of a retrain scored, by model id: shape [P], ordered by series id, then cutoff."""
    table = schema.scores
    wanted = select(table.c.model_id, table.c.value).filter_by(run_id=run_id, metric=_METRIC)
    with reading(engine) as connection:
        cursor: Any = connection.execute(wanted.order_by(table.c.model_id, table.c.series_id, table.c.cutoff)).cursor
        rows = np.fromiter(cursor, [("model_id", "i8"), ("value", "f8")])
    model_ids, first = np.unique(rows["model_id"], return_index=True)
    return dict(zip(model_ids.tolist(), np.split(rows["value"], first[1:]), strict=False))


def champion(engine: Engine, pipeline: str, space: str) -> ModelRow | None:
    """The model that forecasts for a pipeline; none before the first decision."""
    alias = schema.champion_aliases
    mine = (alias.c.pipeline == pipeline) & (alias.c.space == space)
    with reading(engine) as connection:
        row = connection.execute(
            select(schema.models).join(alias, alias.c.model_id == schema.models.c.id).where(mine)
        ).one_or_none()
    return None if row is None else _model(row)


def _fetch(connection: Connection, model_id: int) -> ModelRow:
    row = connection.execute(select(schema.models).filter_by(id=model_id)).one_or_none()
    if row is None:
        raise StoreError(f"there is no model {model_id}")
    return _model(row)


def _model(row: Row[Any]) -> ModelRow:
    return ModelRow(**{name: getattr(row, name) for name in ModelRow.__dataclass_fields__})


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value
