# Two commands: `make graph` builds the graph and asks it three questions; `make test` runs everything that CI runs.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check
WORLD := build/world
# The tests wait for servers and disks: on two cores, three processes are the quickest.
WORKERS ?= 3

.PHONY: graph world test quick test-laws test-stores test-spark test-latest lock lock-check pictures bundle docs-packages docs format clean

graph: $(VENV)/.installed
	$(BIN)/kg build
	$(BIN)/kg ask rights-holder-on film=Anora "territory=North America" date=2024-01
	$(BIN)/kg ask awards-of entity=Anora "programme=Academy Awards"
	$(BIN)/kg ask cast-of-film "film=The Florida Project" --why
	@echo
	@echo "The graph is built. Next:"
	@echo "  . $(BIN)/activate"
	@echo "  kg ask films-directed-by \"person=Sean Baker\""
	@echo "  kg serve"

# Datasets of films and awards beside the graph's own, linked and asked; KG_DATASETS is the folder that holds them.
world: $(VENV)/.installed
	@test -d "$(KG_DATASETS)" || { echo "Say where the datasets are: make world KG_DATASETS=FOLDER (see docs/linking.md)"; exit 2; }
	rm -rf $(WORLD)
	mkdir -p $(WORLD)
	cp -R ontology data texts queries $(WORLD)
	sed -i.bak 's/^\(sources: \[.*\)\]/\1, oscars, wikidata-results, imdb-awards]/' $(WORLD)/data/policy.yaml
	rm $(WORLD)/data/policy.yaml.bak
	$(BIN)/kg import oscars "$(KG_DATASETS)/oscars/oscars.csv" --project $(WORLD)
	$(BIN)/kg import wikidata-results "$(KG_DATASETS)/wikidata_films_2024" --project $(WORLD)
	$(BIN)/kg import imdb-awards "$(KG_DATASETS)/imdb_awards" --project $(WORLD)
	for file in $(wildcard $(KG_DATASETS)/dmaog_films/*.ttl); do \
	  $(BIN)/kg import rdf "$$file" --source dmaog --project $(WORLD) || exit; done
	for file in $(wildcard $(KG_DATASETS)/filmography_matching/data*.csv); do \
	  mapping="$(WORLD)/$$(basename "$$file").mapping.yaml"; \
	  $(BIN)/kg import table "$$file" --guess -o "$$mapping" --project $(WORLD) || exit; \
	  $(BIN)/kg import table "$$file" --mapping "$$mapping" --project $(WORLD) || exit; done
	$(BIN)/kg link --project $(WORLD)
	$(BIN)/kg build --project $(WORLD)
	$(BIN)/kg ask nominees-with-most-nominations "programme=Academy Awards" kind=Person minimum=7 won=false --project $(WORLD)
	$(BIN)/kg ask winners-of-both "first=Palme d'Or" second=oscar-best-picture kind=Film --project $(WORLD)
	$(BIN)/kg ask recognition-by-source film=film:anora "programme=Academy Awards" --project $(WORLD)
	$(BIN)/kg conflicts --source wikidata-results --project $(WORLD)

test: $(VENV)/.tested
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/kg check
	$(BIN)/pytest -n $(WORKERS) --dist worksteal

quick: $(VENV)/.tested
	$(BIN)/pytest -n $(WORKERS) --dist worksteal -m "not long"

# Two laws on many more cases: random queries on both engines, and builds after random changes.
test-laws: $(VENV)/.tested
	KG_THOROUGH=1 $(BIN)/pytest -n $(WORKERS) --dist worksteal tests/queries/test_sparql_to_sql.py tests/laws/test_incremental_build.py -k "many_queries or from_nothing"

# Stored queries against the stores of others: Oxigraph's server, `kg serve`, and Virtuoso where Debian's
# virtuoso-opensource is installed (what is not there is named).
test-stores: $(VENV)/.tested
	$(BIN)/pytest tests/endpoints/check_stores.py

# Spark against DuckDB; requires Java 17 and installs pyspark. In sessions of minutes, the quick compiler of Java is the
# quicker one.
test-spark: $(VENV)/.tested
	$(PIP) --constraint constraints.txt --editable ".[test,spark]"
	JDK_JAVA_OPTIONS="-XX:TieredStopAtLevel=1 -XX:+UseSerialGC" $(BIN)/pytest tests/engines/check_spark.py

# The main kinds of page against the pictures in tests/browser/pictures, at two widths, light and dark; needs Chromium.
# With KEEP=1 the pages as they are now become the pictures.
pictures: $(VENV)/.tested
	KG_KEEP_PICTURES=$(KEEP) $(BIN)/pytest tests/browser/check_pictures.py

# Which newer version of a dependency breaks what; CI runs it and reports, without failing.
test-latest: $(VENV)/.tested
	$(PIP) uv
	$(BIN)/python -m tests.latest

# The versions that are installed everywhere; a package is upgraded by `make lock UPGRADE=--upgrade`.
lock: $(VENV)/.tested
	$(PIP) uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header $(UPGRADE) pyproject.toml --output-file constraints.txt

lock-check: $(VENV)/.tested
	$(PIP) uv
	cp constraints.txt $(VENV)/constraints.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --all-extras --no-header pyproject.toml --output-file $(VENV)/constraints.txt
	diff constraints.txt $(VENV)/constraints.txt

# The SPARQL editor and the engine of published sites, from npm packages that web/package-lock.json pins.
bundle:
	cd web && npm ci --no-audit --no-fund --ignore-scripts && npm run --silent build

docs-packages: $(VENV)/bin/pip
	$(PIP) --constraint constraints.txt --editable ".[docs]"

# The documentation as a site in build/docs; a broken link is an error.
docs: docs-packages
	$(BIN)/mkdocs build --quiet --strict --config-file packaging/mkdocs.yml

format: $(VENV)/.tested
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

clean:
	rm -rf $(VENV) .kg build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis

$(VENV)/bin/pip:
	$(PYTHON) -m venv $(VENV)

$(VENV)/.installed: $(VENV)/bin/pip pyproject.toml constraints.txt
	$(PIP) --constraint constraints.txt --editable ".[serve]"
	touch $@

$(VENV)/.tested: $(VENV)/bin/pip pyproject.toml constraints.txt
	$(PIP) --constraint constraints.txt --editable ".[test]"
	touch $@ $(VENV)/.installed
