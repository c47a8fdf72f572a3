"""What `import tsflow` offers."""

import subprocess
import sys

import pytest

import tsflow


def test_the_public_names_are_these_and_each_is_there() -> None:
    assert tsflow.__all__ == ["Fit", "Pipeline", "Project", "TsflowError", "__version__", "fit"]
    assert dir(tsflow) == tsflow.__all__
    assert all(getattr(tsflow, name) is not None for name in tsflow.__all__)
    with pytest.raises(AttributeError, match="no attribute 'forecast'"):
        tsflow.forecast  # noqa: B018


def test_importing_tsflow_imports_nothing_heavy() -> None:
    heavy = ("torch", "prefect", "pandas", "numpy", "sqlalchemy", "pydantic")
    program = f"import sys, tsflow; dir(tsflow); print([name for name in {heavy!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
