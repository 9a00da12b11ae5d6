# `make demo` and `make test` do all their own set-up: a virtual environment in .venv, pinned by constraints.txt.
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: setup demo test test-board test-compose check bench clean

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --constraint constraints.txt --editable '.[agent,tflite-runtime,nvidia,service,search,dev]'
	touch $@

demo: setup
	$(BIN)/python -m demo

test: setup
	$(BIN)/pytest -n 2 tests/unit tests/contract tests/gpu
	$(BIN)/pytest tests/integration tests/end_to_end tests/faults

test-board: setup
	$(BIN)/pytest tests/board

# The command that runs compose files: COMPOSE, or `docker compose`.
test-compose: setup
	$(BIN)/pytest tests/compose

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: setup
	$(BIN)/python -m benchmarks time-to-table
	$(BIN)/python -m benchmarks stopwatch
	$(BIN)/python -m benchmarks agent-memory
	$(BIN)/python -m benchmarks faults
	$(BIN)/python -m benchmarks supernet-step
	$(BIN)/python -m benchmarks activation-memory
	$(BIN)/python -m benchmarks export-accuracy
	$(BIN)/python -m benchmarks published-networks
	$(BIN)/python -m benchmarks target-hitting
	$(BIN)/python -m benchmarks audit
	$(BIN)/python -m benchmarks latency-model
	$(BIN)/python -m benchmarks transfer
	$(BIN)/python -m benchmarks specialisation
	$(BIN)/python -m benchmarks ranking
	$(BIN)/python -m benchmarks search-against-random
	$(BIN)/python -m benchmarks service
	$(BIN)/python -m benchmarks fleet

clean:
	rm -rf $(VENV) .board build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis
