PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
COMPILE := $(BIN)/pip-compile --quiet --extra dev --generate-hashes --allow-unsafe --no-strip-extras \
	--no-emit-index-url --no-emit-trusted-host --no-emit-find-links

.DEFAULT_GOAL := help
.PHONY: help up down quick test check lock venv

help: ## what there is
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS='	' read -r name what; do printf '  make %-7s %s\n' "$$name" "$$what"; done

up: $(READY) ## the whole platform on a simulated cluster, on this machine
	@$(BIN)/ai-platform up local

down: $(READY) ## take it away again
	@$(BIN)/ai-platform down local

quick: $(READY) ## the tests that need no engine, on all cores
	@$(BIN)/python -m pytest -m "not engine" --quiet --numprocesses auto --maxprocesses 8 --dist loadfile

test: $(READY) ## every test, a file at a time in two processes
	@$(BIN)/python -m pytest --numprocesses 2 --dist loadfile

check: $(READY) ## format, lint and types
	@$(BIN)/python scripts/check.py

lock: $(READY) ## pin the newest versions that pyproject.toml allows
	@$(COMPILE) --upgrade --output-file=requirements.lock pyproject.toml

venv: $(READY) ## the tools that the others use, in .venv

$(READY): pyproject.toml requirements.lock
	@command -v $(PYTHON) >/dev/null || { echo "error: $(PYTHON) is not installed; install Python 3.11 or newer, or name one: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "error: $(PYTHON) is $$($(PYTHON) -c 'import platform; print(platform.python_version())'); Python 3.11 or newer is needed: make PYTHON=python3.12" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "error: $(PYTHON) comes without venv; install it (Debian and Ubuntu: apt install python3-venv)" >&2; exit 1; }
	@echo "installing the pinned tools into $(VENV)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
