# Every target makes the virtual environment it needs: with uv where it is installed, with pip where not.
# PYTHON=python3.13 takes another interpreter; JOBS=4 another number of test processes.

OLD    := import sys; sys.exit(sys.version_info < (3, 11))
PYTHON ?= $(shell for python in python3 python3.14 python3.13 python3.12 python3.11; do \
            "$$python" -c '$(OLD)' 2>/dev/null && echo "$$python" && break; done)
VENV   := .venv
RUN    := .venv-run
BIN    := $(VENV)/bin
UV     := $(shell command -v uv 2>/dev/null)
JOBS   ?= auto
# the tests flush to the disk all the time: in memory, where there is room for it
ROOM   := $(shell test -w /dev/shm && test "$$(df --output=avail /dev/shm | tail -1)" -gt 4000000 && echo /dev/shm)
PYTEST := $(if $(ROOM),PYTEST_DEBUG_TEMPROOT=$(ROOM)) $(BIN)/python -m pytest

ifdef UV
make_venv = uv venv --quiet --allow-existing --python $(PYTHON) $(1)
install   = VIRTUAL_ENV=$(1) uv pip install --quiet $(2)
else
make_venv = $(PYTHON) -m venv $(1)
install   = $(1)/bin/python -m pip install --quiet --disable-pip-version-check $(2)
endif

.PHONY: help run test check crash histories e2e capabilities scenes soak bench clean

help:                        ## what there is
	@grep -hE '^[a-z0-9]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/'

run: $(RUN)/.ready           ## install, then the daemon on SQLite between two simulated vendors
	$(RUN)/bin/syncd demo

test: $(VENV)/.ready         ## the tests; PostgreSQL's run where its binaries are found
	$(PYTEST) -n $(JOBS) --dist worksteal -m "not e2e and not crash and not histories and not soak" -rfEs

check: $(VENV)/.ready        ## style, types, layers, architecture
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy syncd connectors tests benchmarks docs/examples/syncd-gitea
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m pytest tests/test_architecture.py

crash: $(VENV)/.ready        ## kill the daemon at every crash point of every operation, on both databases
	$(PYTEST) -n $(JOBS) -m "not soak" -rfE tests/crash

histories: $(VENV)/.ready    ## two thousand random histories and a dying daemon, each text format's documents, all pairs of vendors, the scenes on PostgreSQL
	$(PYTEST) -n $(JOBS) -m histories tests/metrics tests/engine/chaos tests/connectors tests/pairs tests/scenes

e2e: $(VENV)/.ready          ## against a real Request Tracker and a real Redmine, which it installs where missing, and a real browser
	$(BIN)/python -m pytest -m e2e -rfEs

capabilities: $(VENV)/.ready ## write docs/capabilities.md anew from what the connectors and their tests say
	$(BIN)/python -m tests.capabilities.table

scenes: $(VENV)/.ready       ## write docs/scenes.md anew from what both sides see when every scene is played
	$(BIN)/python -m tests.scenes.page

soak: $(VENV)/.ready         ## the long runs of the state machine
	$(PYTEST) -n $(JOBS) --dist worksteal -m soak tests/engine tests/metrics tests/crash

bench: $(VENV)/.ready        ## ratios, measured side by side on this machine
	for script in benchmarks/*.py; do $(BIN)/python $$script || exit 1; done

clean:                       ## remove what the other targets made
	rm -rf $(VENV) $(RUN) .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist build

$(RUN)/.ready: pyproject.toml | python
	$(call make_venv,$(RUN))
	$(call install,$(RUN),-e .)
	@touch $@

$(VENV)/.ready: pyproject.toml | python
	$(call make_venv,$(VENV))
	$(call install,$(VENV),-e '.[dev]')
	@touch $@

.PHONY: python
python:
	@"$(PYTHON)" -c '$(OLD)' || { echo "Python 3.11 or newer is needed; PYTHON=/path/to/python names one" >&2; exit 1; }
