"""Bad rows as the quarantine keeps them: as they were read, with the check, the reason and a fingerprint."""

import hashlib
import json
import math
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from tsflow.config import Pipeline
from tsflow.quality.checks import Check
from tsflow.quality.reasons import Reasons
from tsflow.quality.schemas import Limits

COLUMNS = ["unique_id", "ds", "raw", "failed_check", "reason", "fingerprint", "origin", "row"]
_CELLS = ("unique_id", "ds", "y", "available_at", "broken")
_CHECKS = list(Check)
to_json = json.JSONEncoder(ensure_ascii=False, allow_nan=False).encode


def bad_rows(
    chunk: pd.DataFrame,
    places: NDArray[np.int64],
    worst: NDArray[np.int8],
    pipeline: Pipeline,
    limits: Limits,
) -> pd.DataFrame:
    """The rows of ``chunk`` at ``places``, each filed under its check in ``worst``.

    The fingerprint is the first 16 hexadecimal digits of the SHA-256 of the cells as they were read: equal
    rows have equal ones, wherever they stand.
    """
    reasons = Reasons(pipeline, limits)
    bad = chunk.iloc[places]
    nothing = [None] * len(bad)
    columns = {name: [_cell(value) for value in bad[name].tolist()] for name in bad.columns if name in _CELLS}
    known = columns.get("available_at", nothing)
    rows = []
    for name, ds, y, available, broken, check, origin, row in zip(
        columns["unique_id"], columns["ds"], columns["y"], known, columns["broken"],
        worst[places].tolist(), bad["origin"].tolist(), bad["row"].tolist(), strict=True,
    ):  # fmt: skip
        cells = {"line": broken} if broken is not None else {"unique_id": name, "ds": ds, "y": y}
        raw = to_json(
            (cells if available is None else cells | {"available_at": available}) | {"origin": origin, "row": row}
        )
        failed = _CHECKS[check]
        shown = {"unique_id": _text(name), "ds": _text(ds), "y": _text(y), "available_at": _text(available)}
        reason = reasons.of(failed, line=broken, **shown)
        rows.append((_text(name), _text(ds), raw, failed.label, reason, fingerprint_of(cells), origin, row))
    return pd.DataFrame(rows, columns=COLUMNS, dtype=object).astype({"row": "int64"})


def fingerprint_of(cells: dict[str, Any]) -> str:
    """The same for the same cells, wherever their row stands."""
    return hashlib.sha256("\x1f".join(map(repr, cells.values())).encode()).hexdigest()[:16]


def _cell(value: Any) -> str | float | None:
    """A cell as JSON can show it: text, a finite number, or null."""
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return value if math.isfinite(value) else None if math.isnan(value) else str(value)
    return value.isoformat() if isinstance(value, pd.Timestamp) else str(value)


def _text(cell: str | float | None) -> str | None:
    return None if cell is None else str(cell)
