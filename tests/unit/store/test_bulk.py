import numpy as np
from sqlalchemy import Engine, select

from tsflow.store import bulk, models, runs
from tsflow.store.engine import reading, writing
from tsflow.store.leases import Fence
from tsflow.store.schema import forecasts, scores


def test_every_kind_of_column_arrives_as_it_was_sent(
    engine: Engine, forecast, fence: Fence, series_ids: list[int]
) -> None:
    run = forecast(0, series_ids, publish=False)
    ds = np.array(["1931-05-07T13:00:00.000001", "2261-12-31"], dtype="M8[us]")
    values = np.array([-1e300, 5e-324])
    columns = {"run_id": run.id, "series_id": series_ids[0], "ds": ds, "lead": np.array([1, 2])}
    columns |= dict.fromkeys(("y_hat", "lo_80", "hi_80", "lo_95", "hi_95"), values)
    with writing(engine) as connection:
        bulk.insert(connection, forecasts, 2, columns)
    with reading(engine) as connection:
        rows = connection.execute(select(forecasts).where(forecasts.c.ds.in_([_aware(stamp) for stamp in ds]))).all()
    assert [(row.ds.replace(tzinfo=None), row.lead, row.y_hat, row.hi_95) for row in rows] == [
        (ds[0].item(), 1, -1e300, -1e300),
        (ds[1].item(), 2, 5e-324, 5e-324),
    ]


def test_a_text_is_the_same_in_every_row(engine: Engine, fence: Fence, series_ids: list[int]) -> None:
    run = runs.begin(
        engine,
        fence,
        "retrain",
        _aware(np.datetime64("2024-01-01", "us")),
        now=_aware(np.datetime64("2024-01-01", "us")),
    )
    model = models.record(engine, fence, run.id, models.Training(architecture="gru", role="candidate"))
    columns = {"run_id": run.id, "model_id": model.id, "series_id": np.array(series_ids)}
    columns |= {
        "cutoff": np.array(["2024-01-01"] * 3, dtype="M8[us]"),
        "metric": "größe",
        "value": np.zeros(3),
    }
    with writing(engine) as connection:
        bulk.insert(connection, scores, 3, columns)
    with reading(engine) as connection:
        assert connection.scalars(select(scores.c.metric)).all() == ["größe"] * 3


def test_no_rows_are_no_error(engine: Engine) -> None:
    empty = np.zeros(0)
    columns = dict.fromkeys(("y_hat", "lo_80", "hi_80", "lo_95", "hi_95"), empty)
    columns |= {
        "run_id": 1,
        "series_id": empty.astype(int),
        "ds": empty.astype("M8[us]"),
        "lead": empty.astype(int),
    }
    with writing(engine) as connection:
        bulk.insert(connection, forecasts, 0, columns)
        assert connection.execute(select(forecasts)).all() == []


def _aware(stamp: np.datetime64):
    from datetime import UTC

    return stamp.astype("M8[us]").item().replace(tzinfo=UTC)
