# make run    the demo project, end to end
# make test   all checks and tests, PostgreSQL included
#
# PYTHON       interpreter, 3.11 or later
# VENV         where the environment is made
# TORCH_INDEX  where torch comes from; CPU by default. For CUDA 13:
#              make run TORCH_INDEX=https://download.pytorch.org/whl/cu130

PYTHON ?= python3
VENV ?= .venv
TORCH_INDEX ?= https://download.pytorch.org/whl/cpu
BIN = $(VENV)/bin

# pip's own folder of wheels, where one is configured, is where torch comes from (an unreachable index costs 80 s).
PIP_INDEX := $(if $(shell $(PYTHON) -m pip config list | grep find-links),,--extra-index-url $(TORCH_INDEX))

.PHONY: run test check clean

run: $(VENV)/installed
	$(BIN)/tsflow run

test: check
	OMP_NUM_THREADS=1 $(BIN)/pytest -n 2 --dist loadgroup

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tsflow needs Python 3.11 or later: make PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt $(PIP_INDEX) --editable '.[postgresql,dask,dashboard,test]'
	touch $@

clean:
	rm -rf $(VENV) tsflow.db tsflow.db-wal tsflow.db-shm artifacts reports
