# Short names for what `python -m deploy.local` and the tools in .venv do. Prerequisites: make, and Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
LOCAL := $(BIN)/python -m deploy.local
RACES := tests/order tests/catalog tests/access/test_repeats.py tests/auth/test_log_ins.py \
  $(addprefix tests/chassis/test_,unparking.py requests.py retries.py) tests/edge/test_load.py \
  $(addprefix tests/e2e/test_,races.py hot_item.py money.py notices.py endings.py carts.py sessions.py)
.DEFAULT_GOAL := help
define MISSING_PYTHON
echo "missing: Python >= 3.11 (tried '$(PYTHON)': $$($(PYTHON) --version 2>&1 | tail -n 1))"; \
echo "  Debian 12, Ubuntu 24.04 and newer: apt-get install python3 python3-venv python3-pip"; \
echo "  Fedora: dnf install python3 python3-pip; macOS: brew install python@3.12"; \
echo "  where it has a name of its own: make PYTHON=python3.12 up"
endef

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

up: ready ## Start the whole shop and print where it is (again: only what changed)
	@$(LOCAL) up

demo: ready ## Buy something through the REST edge, and show each step and the trace
	@$(LOCAL) demo

test: ready ## Run the whole suite on a stack of its own, also beside `make up`   [A="pytest arguments"]
	@$(LOCAL) test $(A)

test-fast: ready ## Run the tests that need no servers and start none   [A="pytest arguments"]
	@$(BIN)/python -m pytest --fast $(A)

test-cluster: ready ## Run the shop on a real Kubernetes: KUBECONFIG's, else kind's, else one of our own   [A="pytest arguments"]
	@$(BIN)/python -m pytest -m cluster tests/cluster $(A)

test-cluster-full: ready ## The same, everything as often and as long as promised
	@$(BIN)/python -m pytest -m cluster tests/cluster --full $(A)

race: ready ## Run the races of orders, stock and requests with all seeds and in full size   [A="--seeds 200"]
	@$(LOCAL) test --race $(RACES) $(A)

crash: ready ## Kill the services at every call of every journey, going on where it was stopped   [A="--minutes 30"]
	@$(BIN)/python -m tests.crash $(A)

down: ready ## Stop everything; the data stays
	@$(LOCAL) down

reset: ready ## Stop everything and remove its data; what was fetched stays
	@$(LOCAL) reset

status: ready ## Show each part's state, process, port, memory and time
	@$(LOCAL) status

logs: ready ## Follow the logs   [S=order]
	@$(LOCAL) logs $(S)

restart: ready named ## Restart one part   S=order
	@$(LOCAL) restart $(S)

stop: ready named ## Stop one part; the rest goes on   S=order
	@$(LOCAL) stop $(S)

run: ready named ## Run a stopped service in the foreground   S=order [A="migrate"]
	@$(LOCAL) run $(S) $(A)

dev: ready ## Start the whole shop and restart services when their code is edited
	@$(LOCAL) dev

doctor: ready ## Check prerequisites, ports and every configured server, and say what to do
	@$(LOCAL) doctor

audit: ready ## Ask the running shop whether its books agree; changes nothing   [A="--json"]
	@$(LOCAL) audit $(A)

backup: ready ## Back up the running shop into backups/   [F=another folder]
	@$(LOCAL) backup $(if $(F),--folder $(F)) $(A)

restore: ready ## Put the stopped shop back to a backup   F=backups/20261121T103000000Z [A="--dry-run"]
	@test -n "$(F)" || { echo "say which: F=backups/..., of these:"; ls backups 2>/dev/null; exit 1; }
	@$(LOCAL) restore $(F) $(A)

gen: ready ## Generate Python and OpenAPI from proto/
	@PATH="$(CURDIR)/$(BIN):$$PATH" buf generate
	@$(BIN)/python docs/generate.py

chart: ready ## Write what of the chart is generated, and what helm makes of its scenarios
	@$(BIN)/python -m deploy.helm.generate
	@$(BIN)/python -m deploy.helm.render

golden: ready ## Take the contracts as they are into the golden file
	@$(BIN)/python -m deploy.contracts golden

compat: ready ## Run the previous release's repository suites on the schema of this tree   [A="--tag v1.2.0"]
	@$(BIN)/python -m deploy.contracts compat $(A)

lock: ready ## Write the dependency locks anew from pyproject.toml
	@$(LOCAL) lock

env-example: ready ## Write .env.example anew from the services' settings
	@$(LOCAL) env-example

images: ## Build the images of the services, the edge and the stand-in, where Docker is   [A="--push"]
	@docker buildx version >/dev/null 2>&1 || { echo "missing: docker with buildx (without: docs/images.md)"; exit 1; }
	@docker buildx bake $(A)

client: ready ## Build the Python package of the generated stubs into dist/
	@$(BIN)/python -m deploy.client --out dist

fmt: ready ## Format Python and protos
	@$(BIN)/ruff check --fix --quiet . ; $(BIN)/ruff format .
	@$(BIN)/buf format -w --path proto/shopmesh

kind-up: ## Make the development cluster and its registry; next: tilt up
	@sh deploy/kind/up.sh

kind-down: ## Remove the development cluster with its data
	@sh deploy/kind/down.sh

test-tilt: ready ## Run `tilt ci` on the development cluster, where tilt and an engine are present
	@$(BIN)/python -m deploy.tilt ci

lint: ready ## Check style, types, import rules and contracts
	@$(BIN)/ruff check . && $(BIN)/ruff format --check .
	@$(BIN)/mypy services deploy ops tests bench docs/generate.py
	@$(BIN)/lint-imports
	@$(BIN)/python -m deploy.contracts check

ready:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { $(MISSING_PYTHON); exit 1; }
	@$(PYTHON) deploy/local/bootstrap.py

named:
	@test -n "$(S)" || { echo "say which: S=order"; exit 1; }

.PHONY: help up demo test test-fast test-cluster test-cluster-full race crash down reset status logs restart stop run dev doctor audit backup restore gen chart golden compat lock env-example images client fmt kind-up kind-down test-tilt lint ready named
