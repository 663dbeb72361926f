# Everything a newcomer needs: Python 3.11+ and make. Nothing is installed outside .venv.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
WEB := src/raabta/web/static/.sources
BENCH ?=

.PHONY: demo test check bench docs lock install clean openapi screenshots

install: $(STAMP) $(WEB)

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Raabta needs Python 3.11 or newer: set PYTHON=/path/to/python3.11"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==0.13.8
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	@touch $(STAMP)

$(WEB): $(STAMP) hatch_build.py $(shell find ui -name node_modules -prune -o -type f -print)
	$(BIN)/python hatch_build.py
	@touch $(WEB)

demo: install  ## the whole loop on real households, then the application until stopped
	$(BIN)/raabta demo

test: check  ## every check and every test
	$(BIN)/python -m pytest -n 2 --dist loadfile

check: install
	$(BIN)/ruff check src tests bench examples
	$(BIN)/ruff format --check src tests bench examples
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m bench.sizes
	$(BIN)/python hatch_build.py check

openapi: install  ## after a change of the API: the description that the web client is made from
	$(BIN)/python -m raabta.api.describe ui/openapi.json

screenshots: install  ## every screen in both languages, light and dark, into docs/images
	$(BIN)/python -m bench.screenshots

bench: install  ## one JSON line a benchmark; make bench BENCH="collect_http segment_full"
	$(BIN)/python -m bench $(BENCH)

docs: install
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

lock:  ## after a change of dependencies
	$(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header \
	  --python-version 3.11 pyproject.toml --extra demo --group dev --output-file requirements.lock

clean:
	rm -rf $(VENV) build dist site ui/node_modules src/raabta/web/static .mypy_cache .ruff_cache .pytest_cache
