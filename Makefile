# Everything that one does with this tree. `make` alone lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
UV_COMPILE = $(BIN)/python -m uv pip compile setup.cfg --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-find-links --no-annotate --custom-compile-command "make lock"

.DEFAULT_GOAL := help
.PHONY: help demo test check bench catalogues lock clean

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.runtime ## fill a demonstration hub and serve it on http://127.0.0.1:8383
	@$(BIN)/python -m server.demo

test: $(VENV)/.dev ## run every test
	@.ci/prepare
	@$(BIN)/python -m pytest

check: $(VENV)/.dev ## format, lint, types, import rules, catalogues
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/python -m mypy
	@$(BIN)/python -m pytest -q tests/test_imports.py tests/test_catalogues.py

bench: $(VENV)/.runtime ## measure speed and memory, and print the ratios
	@$(BIN)/python -m benchmarks

catalogues: $(VENV)/.dev ## take new sentences, and texts of the library's forms, into the catalogues
	@$(BIN)/python -m i18n.extraction
	@$(BIN)/python -m server form translate extract
	@$(BIN)/python -m server form translate update

lock: $(VENV)/.runtime ## write the lock files anew from setup.cfg
	@$(PIP) install --quiet uv
	@$(UV_COMPILE) --upgrade --output-file requirements.lock
	@$(UV_COMPILE) --upgrade --constraint requirements.lock --extra test --extra dev \
		--output-file requirements-dev.lock

clean: ## remove the environment and what tools left behind (never data)
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find forms i18n sync server tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

# The stamps make a second run quick: they are older than the lock only when the lock has changed.
$(VENV)/.runtime: requirements.lock setup.cfg pyproject.toml | $(BIN)/python
	$(PIP) install --quiet --require-hashes -r requirements.lock
	$(PIP) install -qq --no-deps --editable .
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	$(PIP) install --quiet --require-hashes -r requirements-dev.lock
	@touch $@
