# Two commands: `make graph` builds the graph and asks it three questions; `make test` runs everything that CI runs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

.PHONY: graph test quick format clean

graph: $(VENV)/.installed
	$(BIN)/kg build
	$(BIN)/kg ask rights-holder-on film=film:anora "territory=North America" date=2024-01 --why
	$(BIN)/kg ask share-of-gross film=film:anora "territory=United States and Canada" --why
	$(BIN)/kg ask awards-of-film film=film:anora "programme=Academy Awards" --why

test: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kg check
	$(BIN)/pytest

quick: $(VENV)/.tested
	$(BIN)/pytest -m "not long"

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .kg build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable .
	touch $@

$(VENV)/.tested: $(VENV)/bin/pip pyproject.toml
	$(BIN)/pip install --quiet --disable-pip-version-check --editable ".[test]"
	touch $@ $(VENV)/.installed
