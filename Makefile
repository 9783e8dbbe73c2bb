# Everything starts here. `make` alone explains itself.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c

PYTHON ?= python3
UV_VERSION := 0.13.8
export UV_LINK_MODE ?= copy
export UV_NO_PROGRESS ?= 1
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)
BIN := .venv/bin

export DO_NOT_TRACK := 1
export DAGSTER_DISABLE_TELEMETRY := 1

.PHONY: help
help: ## Show what can be done
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 16

.uv/bin/uv:
	@echo "- installing uv $(UV_VERSION), the installer"
	@$(PYTHON) -m venv .uv && .uv/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.ready: requirements.lock pyproject.toml | $(filter .uv/bin/uv,$(UV))
	@echo "- installing the one environment (.venv) from requirements.lock"
	@test -x $(BIN)/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	@$(UV) pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@

.triton/.ready: requirements-triton.lock | $(filter .uv/bin/uv,$(UV))
	@echo "- installing the Triton server (.triton) from requirements-triton.lock"
	@test -x .triton/bin/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .triton
	@$(UV) pip sync --quiet --python .triton/bin/python --require-hashes requirements-triton.lock
	@touch $@

.PHONY: setup
setup: .venv/.ready .triton/.ready ## Create both environments

.PHONY: demo
demo: setup ## Make a photo library and run everything on it
	@$(BIN)/daguerre demo

.PHONY: ui
ui: setup ## Open the Dagster UI on what the demo made
	@$(BIN)/daguerre ui --demo

.PHONY: airflow
airflow: setup ## Start Airflow on loopback with the DAGs, beside `make ui`
	@$(BIN)/python infra/local/airflow.py

.PHONY: test
test: setup ## Run all tests
	@$(BIN)/python -m pytest -q

.PHONY: check
check: .venv/.ready ## Style, types, import rules, Dagster definitions
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-cache
	@$(BIN)/dagster definitions validate >/dev/null && echo "Dagster definitions: valid"

.PHONY: format
format: .venv/.ready ## Put the code into its form
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format --quiet .

.PHONY: bench
bench: setup ## Measure every stage beside its limit
	@$(BIN)/python -m benchmarks

.PHONY: bench-curation
bench-curation: .venv/.ready ## Measure curation on generated lives: baseline, floor, aim, ours
	@$(BIN)/python -m benchmarks.curation_table

.train/.ready: requirements-train.txt | $(filter .uv/bin/uv,$(UV))
	@echo "- installing the training environment (.train); torch is large"
	@test -x .train/bin/python || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .train
	@$(UV) pip install --quiet --python .train/bin/python $${PIP_FIND_LINKS:+--find-links "$$PIP_FIND_LINKS"} -r requirements-train.txt
	@touch $@

.PHONY: train
train: .train/.ready ## Train the shipped encoder again, from nothing
	@PYTHONPATH=src .train/bin/python models/scene-demo/train.py

.PHONY: lock
lock: | $(filter .uv/bin/uv,$(UV)) ## Resolve the lock files again (names, versions, hashes; no addresses)
	$(UV) pip compile --quiet pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements.lock
	$(UV) pip compile --quiet requirements-triton.in --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -o requirements-triton.lock

.PHONY: clean
clean: ## Remove what the demo made; environments stay
	rm -rf demo .cache
