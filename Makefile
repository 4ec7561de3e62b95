# The commands of the project. Each one makes its own set-up (.venv, var/); `make` alone lists them.
# Needed: GNU make and Python 3.11. Variables: PORT, DATABASE_URL, PYTHON, ARGS (passed on to the command).

.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
.NOTPARALLEL:

PYTHON_BIN := .venv/bin/python
LOCAL := sh deploy/local.sh
ARGS ?=

# Seconds that a layer of the tests may take; more is a failure. Several times what an idle machine needs.
SQLITE_SECONDS ?= 1200
POSTGRESQL_SECONDS ?= 1500
BROWSER_SECONDS ?= 1500

.PHONY: help run dev admin load dump test test-fast test-browser lint format check lock screenshots doc-images clean base-env dev-env

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | while IFS="$$(printf '\t')" read -r name text; do printf '  make %-13s %s\n' "$$name" "$$text"; done

run: base-env ## run the site on this machine, as in production: http://127.0.0.1:8000/
	@$(LOCAL) sh deploy/run.sh

dev: base-env ## run the site with DEBUG on and reload it on every change
	@DEBUG=1 MAKE_TARGET=dev $(LOCAL) sh deploy/run.sh --dev

admin: base-env ## make an admin account
	@$(LOCAL) python manage.py migrate --no-input --verbosity 0
	@$(LOCAL) python manage.py createsuperuser $(ARGS)

load: base-env ## load the collection (fixtures/) into the database in use
	@$(LOCAL) python manage.py migrate --no-input --verbosity 0
	@$(LOCAL) python manage.py load_collection $(ARGS)

dump: base-env ## write the collection of the database in use to fixtures/
	@$(LOCAL) python manage.py dump_collection $(ARGS)

test: dev-env ## run all tests: on SQLite, on PostgreSQL, in a browser
	@$(PYTHON_BIN) -m tests.layers sqlite=$(SQLITE_SECONDS) postgresql=$(POSTGRESQL_SECONDS) browser=$(BROWSER_SECONDS) -- $(ARGS)

test-fast: dev-env ## run the tests on SQLite, without a browser
	@$(PYTHON_BIN) -m tests.layers sqlite=$(SQLITE_SECONDS) -- $(ARGS)

test-browser: dev-env ## run the tests in a browser
	@$(PYTHON_BIN) -m tests.layers browser=$(BROWSER_SECONDS) -- $(ARGS)

lint: dev-env ## check the style of the code
	@$(PYTHON_BIN) -m ruff check .
	@$(PYTHON_BIN) -m ruff format --check .

format: dev-env ## put the code into its style
	@$(PYTHON_BIN) -m ruff check --fix-only .
	@$(PYTHON_BIN) -m ruff format .

check: dev-env ## check the migrations, and the settings as in production
	@sh deploy/check.sh

lock: dev-env ## pin what requirements/*.in ask for (ARGS=--upgrade: the newest that fit)
	@for name in base dev; do \
		$(PYTHON_BIN) -m uv --quiet pip compile requirements/$$name.in --output-file requirements/$$name.txt \
			--generate-hashes --python-version 3.11 --python-platform linux --no-emit-index-url \
			--custom-compile-command 'make lock' $(ARGS) >/dev/null || exit 1; \
	done

screenshots: dev-env ## take pictures of the pages into var/screenshots (ARGS='--base-url URL PATH ...')
	@$(PYTHON_BIN) -m tests.browser.screenshots $(ARGS)

doc-images: dev-env ## take the pictures of the documents anew, by following docs/first-day.md
	@$(PYTHON_BIN) -m tests.browser.tutorial --images docs/images

clean: ## remove what the commands made; the data, the secret and fixtures/ stay
	rm -rf .venv .pytest_cache .ruff_cache .hypothesis var/static var/chromium var/screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

base-env:
	@sh deploy/environment.sh base

dev-env:
	@sh deploy/environment.sh dev
