import json

import numpy as np
import pandas as pd

from tsflow.quality import conflict_rows


def test_staged_conflicts_become_rows_of_the_quarantine() -> None:
    ds = np.array(["2024-01-01", "2024-01-01"], dtype="M8[us]")
    rows = conflict_rows(pd.DataFrame({"unique_id": ["a", "a"], "ds": ds, "y": [1.0, 2.5]}))
    assert rows["failed_check"].tolist() == ["key_conflict"] * 2
    assert json.loads(rows["raw"][1]) == {"unique_id": "a", "ds": "2024-01-01T00:00:00", "y": 2.5}
    assert "'2.5' contradicts" in rows["reason"][1]
    assert rows["fingerprint"].is_unique
