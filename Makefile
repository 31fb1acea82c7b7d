# Everything a newcomer or CI runs. `make help` lists the targets.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --disable-pip-version-check --quiet

# A lock file with hashes makes pip check every download against it.
INSTALL := $(PIP) install --require-hashes --prefer-binary -r

.DEFAULT_GOAL := help
.PHONY: help demo test check format fit pictures bench lock clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 10

demo: $(VENV)/.runtime ## poll the bundled sample feeds, print today's digest, write it as a page
	@$(BIN)/python -m bot demo

test: $(VENV)/.dev ## run every test
	@$(BIN)/python -m pytest $(PYTEST_ARGS)

check: $(VENV)/.dev ## format, lint, types, architecture: what CI runs besides the tests
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/python -m pytest -q tests/test_architecture.py

format: $(VENV)/.dev ## format the code and mend what lint can mend
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

fit: $(VENV)/.dev ## refit every weight from the evaluation data and write it for review
	@$(BIN)/python -m benchmarks.fit $(FIT_ARGS)

pictures: $(VENV)/.dev ## take the README's pictures of the demo's digest (needs Chromium)
	@$(BIN)/python -m benchmarks.pictures

bench: $(VENV)/.dev ## quality and speed (a small slice; FULL=1 for all)
	@$(BIN)/python -m benchmarks.quality $(if $(FULL),--full)
	@$(BIN)/python -m benchmarks.speed $(if $(FULL),--full)
	@$(BIN)/python -m benchmarks.search $(if $(FULL),--full)
	@$(BIN)/python -m benchmarks.size
	@$(BIN)/python -m benchmarks.chat $(if $(FULL),--full)
	@$(BIN)/python -m benchmarks.outbox $(if $(FULL),,--deliveries 500 --destinations 100)
	@$(BIN)/python -m benchmarks.crash --kills $(if $(FULL),1000,30)

lock: ## write requirements.txt and requirements-dev.txt anew (needs uv)
	uv pip compile pyproject.toml --quiet --universal --generate-hashes --python-version 3.11 -o requirements.txt
	uv pip compile pyproject.toml --quiet --group dev --universal --generate-hashes --python-version 3.11 -c requirements.txt -o requirements-dev.txt

clean: ## remove the environment and every cache
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis dist

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || \
	  { echo "Strait needs Python 3.11 or newer; '$(PYTHON)' is $$($(PYTHON) --version 2>&1 || echo missing)." \
	         "Install it (Debian, Ubuntu: apt-get install python3) or name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
	  { echo "'$(PYTHON)' lacks venv or pip." \
	         "Install them (Debian, Ubuntu: apt-get install python3-venv; Fedora: dnf install python3-pip) and run make again."; exit 1; }
	@echo "Creating $(VENV) …"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/python
	@echo "Installing the locked requirements …"
	@$(INSTALL) requirements.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements.txt | $(BIN)/python
	@echo "Installing the locked requirements for development …"
	@$(INSTALL) requirements-dev.txt
	@touch $(VENV)/.runtime $@
