# Everything a newcomer needs: `make run` serves, `make test` tests. Both set up what they need first.
PYTHON ?= $(shell for p in python3.11 python3.12 python3.13 python3; do command -v $$p >/dev/null 2>&1 && $$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
HOST ?= 127.0.0.1
PORT ?= 8000

.PHONY: setup run test check eval bench docs vectors clean

setup: .venv/installed
	@$(BIN)/tongxing index

.venv/installed: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Tongxing needs Python 3.11 or newer with venv; set PYTHON=/path/to/python3.11." >&2; exit 2; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv
	@$(BIN)/uv pip install --quiet $(if $(PYTHONDONTWRITEBYTECODE),--compile-bytecode) --python $(BIN)/python --constraint constraints.txt --editable '.[dev,documents,postgres]'
	@touch $@

run: setup
	@echo "Tongxing serves on http://$(HOST):$(PORT)"
	@$(BIN)/tongxing serve --host $(HOST) --port $(PORT)

test: setup
	@$(BIN)/pytest

check: .venv/installed
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/tongxing corpus check
	@$(BIN)/python -m scripts.generate_docs --check
	@$(BIN)/python -m scripts.ship_vectors --check 50
	@$(BIN)/python -m scripts.transcripts --check

# A run of all cases, its scores, its report, and the gate. `tongxing eval gate --accept` makes it the baseline.
eval: setup
	@$(BIN)/tongxing eval run
	@$(BIN)/tongxing eval score
	@$(BIN)/tongxing eval report
	@$(BIN)/tongxing eval gate

bench: setup
	@$(BIN)/python -m scripts.bench

docs: setup
	@$(BIN)/python -m scripts.generate_docs
	@$(BIN)/python -m scripts.transcripts

vectors: .venv/installed
	@$(BIN)/python -m scripts.ship_vectors

clean:
	rm -rf .venv data .mypy_cache .ruff_cache .pytest_cache
