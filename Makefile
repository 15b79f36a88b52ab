PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help setup demo test lint format bench
.DEFAULT_GOAL := help

help: ## Show what each word does
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-8s %s\n", $$1, $$2}'

$(BIN)/python:
	$(PYTHON) -m venv $(VENV)

$(VENV)/base.done: $(BIN)/python pyproject.toml constraints.txt
	$(PIP) -e '.[demo]'
	@touch $@

$(VENV)/dev.done: $(VENV)/base.done
	$(PIP) 'torch==2.13.0'
	$(PIP) -e '.[demo,models,jobs,dev]'
	@touch $@

setup: $(VENV)/base.done ## Install the product (no torch) into .venv
	@echo "Ready. Try: $(BIN)/reelwear --help"

demo: $(VENV)/base.done ## Set up, start the stack in a scratch folder, drop a reel (VIDEO=path), match it with a shop, show what came out, stop
	@$(BIN)/python -m functions.demo $(if $(VIDEO),--video '$(VIDEO)')

test: $(VENV)/dev.done ## Set up everything and run the tests
	$(BIN)/python -m pytest $(TESTS)

lint: $(VENV)/dev.done ## Check style and types
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy functions serve_app infra catalog_jobs tests

format: $(VENV)/dev.done ## Put the code into the house's shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/dev.done ## Measure against baselines in the same run (takes some minutes)
	$(BIN)/python -m tests.benchmarks
