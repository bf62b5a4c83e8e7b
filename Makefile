# Two commands do everything: `make run` and `make test`. Both need nothing but Python 3.11+ and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet

.DEFAULT_GOAL := help
.PHONY: help run test faults check format bench soak lock clean

help: ## What there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

run: $(VENV)/.run ## Run tokenfilter: simulated market, local Telegram, no account
	@exec $(BIN)/tokenfilter run $(ARGS)

test: $(VENV)/.dev ## All tests
	$(BIN)/python -m pytest -n 2 $(ARGS)

faults: $(VENV)/.dev ## Kills, stops, cuts and delays real processes
	$(BIN)/python -m pytest -n 3 --timeout 240 tests/faults $(ARGS)

check: $(VENV)/.dev ## Types, lint, layers, formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

format: $(VENV)/.dev ## Format the code
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.bench ## Measure everything, beside peers (35 minutes on a quiet machine)
	$(BIN)/python benchmarks/matching.py
	$(BIN)/python benchmarks/through_redis.py
	$(BIN)/python benchmarks/through_redis.py --subscribers 100000 --edits 100
	$(BIN)/python benchmarks/workers.py
	$(BIN)/python benchmarks/fan_out.py
	$(BIN)/python benchmarks/event_to_send.py
	$(BIN)/python benchmarks/claims.py
	$(BIN)/python benchmarks/relay.py
	$(BIN)/python benchmarks/caches.py
	$(BIN)/python benchmarks/sends.py
	$(BIN)/python benchmarks/simulator_fit.py

soak: $(VENV)/.bench ## Ten minutes each of two loads, then every property on a thousand new examples (takes long)
	$(BIN)/python benchmarks/soak.py calm
	$(BIN)/python benchmarks/soak.py flood
	TOKENFILTER_EXAMPLES=soak $(BIN)/python -m pytest -n 2 --timeout 3600 tests/unit tests/contract $(ARGS)

lock: $(VENV)/.dev ## Write the lock files anew (needs uv)
	uv lock --quiet
	uv export --quiet --frozen --no-emit-project --no-header --no-annotate --no-default-groups --group build --extra embedded -o requirements.lock
	uv export --quiet --frozen --no-emit-project --no-header --no-annotate --all-groups --no-group bench --extra embedded -o requirements-dev.lock
	uv export --quiet --frozen --no-emit-project --no-header --no-annotate --all-groups --extra embedded -o requirements-bench.lock

clean: ## Remove what the commands made
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage htmlcov build src/*.egg-info

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "tokenfilter needs Python 3.11 or newer: make PYTHON=python3.11 run")'
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Setting up (once, well under a minute) ..."
	@$(PIP) install --require-hashes -r requirements.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(VENV)/.dev: requirements-dev.lock pyproject.toml | $(BIN)/python
	@echo "Setting up for development (once, about a minute) ..."
	@$(PIP) install --require-hashes -r requirements-dev.lock
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/.run

$(VENV)/.bench: requirements-bench.lock $(VENV)/.dev
	@echo "Setting up for measuring (once, about a minute) ..."
	@$(PIP) install --require-hashes -r requirements-bench.lock
	@touch $@
