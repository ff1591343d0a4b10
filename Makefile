# `make` alone lists what there is. Everything installs into .venv; nothing is written outside this folder
# but Debian's chromium, which the browser tests need (`make browser`, part of `make test`).
SHELL := /bin/sh
.DEFAULT_GOAL := help
VENV := .venv
LINT := .venv-lint
PROVIDER := .venv-provider
# A shell that forbids bytecode would make every start two to three times as slow.
unexport PYTHONDONTWRITEBYTECODE

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## install into .venv from the lock file; does nothing when that is current
	@sh scripts/setup.sh $(VENV) requirements.lock install-project

setup-lint:
	@sh scripts/setup.sh $(LINT) requirements-lint.lock

# The provider of the sign-in tests has an environment of its own: its pins need not agree with Airflow's.
setup-provider:
	@sh scripts/setup.sh $(PROVIDER) requirements-provider.lock

browser: ## install Debian's chromium where it is missing
	@sh scripts/install_browser.sh

postgres: ## install Debian's PostgreSQL where it is missing, for one test
	@sh scripts/install_postgres.sh

demo: setup ## one night under a real Airflow, then the dashboard (DEMO_SERVE=0 ends after publishing)
	@$(VENV)/bin/python -m warehouse.demo

nightly: setup ## the nightly job in one process, without Airflow
	@$(VENV)/bin/warehouse nightly

dashboard: setup ## serve the board's dashboard from var/
	@$(VENV)/bin/warehouse dashboard

# Two at a time: were a long file last, one of the two would wait for the other.
LONGEST_FIRST := tests/end_to_end tests/browser tests/integration tests/oracle tests/contract tests/unit
test: setup setup-provider browser postgres ## run all tests, two at a time
	@$(VENV)/bin/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder $(LONGEST_FIRST)

test-quick: setup ## run the tests that need neither Airflow's scheduler nor a browser
	@$(VENV)/bin/python -m pytest tests/unit tests/contract tests/integration

fuzz: setup ## try the file readers on ever other files for an hour (FUZZ_MINUTES=60)
	@$(VENV)/bin/python -m tests.fuzz --minutes $(or $(FUZZ_MINUTES),60)

bench: setup ## how long a night takes, and a million rows of attendance (minutes)
	@$(VENV)/bin/python benchmarks/nightly.py
	@$(VENV)/bin/python benchmarks/taking_in.py

bench-long: setup calibration ## dbt's build beside DuckDB alone, and the calibration (an hour)
	@$(VENV)/bin/python benchmarks/marts.py

calibration: setup ## try the impact's methods on services whose truth is known; writes its report anew (20 minutes)
	@$(VENV)/bin/python benchmarks/calibration.py

lint: setup setup-lint ## ruff, sqlfluff, mypy, the guard, secrets, known vulnerabilities
	@$(LINT)/bin/ruff check .
	@$(LINT)/bin/ruff format --check .
	@# Its processes leave a semaphore behind, of which Python would warn at the end.
	@PYTHONWARNINGS=ignore:resource_tracker $(LINT)/bin/sqlfluff lint --disable-progress-bar \
		dbt_project/models dbt_project/tests
	@$(LINT)/bin/mypy --python-executable $(VENV)/bin/python
	@sh scripts/guard.sh
	@sh scripts/secrets.sh $(LINT)
	@$(LINT)/bin/python scripts/audit.py

audit: setup-lint ## look the locked versions up among known vulnerabilities (needs the network)
	@$(LINT)/bin/python scripts/audit.py

format: setup-lint ## let ruff and sqlfluff put the layout right
	@$(LINT)/bin/ruff check --fix --quiet . || true
	@$(LINT)/bin/ruff format --quiet .
	@$(LINT)/bin/sqlfluff fix --quiet dbt_project/models || true

sources: setup ## write the dbt source definitions and the seeds of scoring anew
	@$(VENV)/bin/python -m warehouse.dbt_sources

freshness: setup ## dbt's own word on how old each source of the home is (WAREHOUSE_HOME, else var)
	@$(VENV)/bin/python -m warehouse.source_freshness

metrics: setup ## write the registry of metrics anew from the YAML beside the models
	@$(VENV)/bin/python -m warehouse.metrics

gates: setup ## write the list of gates anew from the suites
	@$(VENV)/bin/python -m warehouse.gate_docs

docs: setup ## dbt's pages on every model, column and metric, as one file in var/docs
	@sh scripts/docs.sh $(VENV)

lock: setup ## resolve the lock files anew
	@sh scripts/lock.sh

clean: ## remove environments and caches, never var/
	rm -rf $(VENV) $(LINT) $(PROVIDER) .pytest_cache .mypy_cache .ruff_cache .hypothesis

.PHONY: help setup setup-lint setup-provider audit browser postgres demo nightly dashboard test test-quick fuzz bench bench-long calibration lint format sources freshness metrics gates docs lock clean
