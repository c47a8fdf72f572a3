"""Rows of different chunks that contradict each other, which only the store can see."""

import pandas as pd

from tsflow.quality.bad_rows import fingerprint_of, to_json
from tsflow.quality.checks import Check
from tsflow.quality.reasons import conflict_reason


def conflict_rows(conflicts: pd.DataFrame) -> pd.DataFrame:
    """Staged rows as the quarantine keeps them.

    Args:
        conflicts: ``unique_id, ds, y`` of all rows whose series and stamp have several values.

    Returns:
        ``unique_id, ds, raw, failed_check, reason, fingerprint``, as in ``Screened.bad``.
    """
    rows = []
    for name, ds, y in zip(conflicts["unique_id"], conflicts["ds"], conflicts["y"], strict=True):
        cells = {"unique_id": name, "ds": ds.isoformat(), "y": y}
        known = (to_json(cells), Check.KEY_CONFLICT.label, conflict_reason(str(y)), fingerprint_of(cells))
        rows.append((name, cells["ds"], *known))
    columns = ["unique_id", "ds", "raw", "failed_check", "reason", "fingerprint"]
    return pd.DataFrame(rows, columns=columns, dtype=object)
