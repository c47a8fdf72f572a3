"""Print what pyproject.toml asks for, with some extras: `python requirements.py postgresql,dask`."""

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path("pyproject.toml").read_text("utf-8"))["project"]
for group in (project["dependencies"], *(project["optional-dependencies"][name] for name in sys.argv[1].split(","))):
    print(*group, sep="\n")
