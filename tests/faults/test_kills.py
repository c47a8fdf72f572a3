"""The short version of what `python -m tests.faults.kills` does in full."""

from pathlib import Path

from tests.faults.kills import compare


def test_a_life_with_kills_leaves_what_an_undisturbed_one_leaves(tmp_path: Path, database_url: str) -> None:
    struck = compare(tmp_path, database_url, kills=4, seed=7)
    assert struck.total() == 4
