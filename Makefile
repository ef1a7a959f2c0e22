# Every command of this project. They need Python 3.11+ and make; the rest comes from PyPI into .venv at first use.
PYTHON ?= python3
BIN := .venv/bin
STAGE ?= local
RUNS ?= 20000
JOBS ?= 2
SECONDS ?= 60
CASES ?= 100000
EVENTS ?= 1000

.PHONY: help setup demo up test sim simmails cases fuzz race check format bench conformance e2e images package deploy doctor lock clean

help:  ## show this list
	@sed -n 's/^\([a-z0-9]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: .venv/ready .venv-ministack/ready  ## make the two virtual environments: ours, and ministack's own
	@:

.venv/ready: requirements-dev.txt
	@echo "Installing what tests and tools need into .venv (about a minute, once) ..."
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.txt
	@touch $@

.venv-ministack/ready: infra/local/requirements-ministack.txt
	@echo "Installing the AWS stand-in into .venv-ministack (half a minute, once) ..."
	@test -x .venv-ministack/bin/python || $(PYTHON) -m venv .venv-ministack
	@.venv-ministack/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $<
	@touch $@

demo: setup  ## some ten weeks of a merchant's life, on this machine; ONCE=1 stops at the end
	@$(BIN)/python -m infra.local demo $(if $(ONCE),--once)

up: setup  ## the whole thing on this machine, until Ctrl-C
	@$(BIN)/python -m infra.local up

test: .venv/ready  ## the tests (no browser, no servers)
	@$(BIN)/python -m pytest -n auto

sim: .venv/ready  ## RUNS=.. seeds of the webhook simulation, in JOBS=.. processes
	@$(BIN)/python -m tests.sim --runs $(RUNS) --jobs $(JOBS)

cases: .venv/ready  ## CASES=.. generated deliveries at the webhook endpoint
	@FUZZ_CASES=$(CASES) $(BIN)/python -m pytest -n auto tests/fuzz/test_deliveries.py

fuzz: .venv/ready  ## SECONDS=.. of atheris on the signature check and the reader of bodies (Linux on x86-64 only)
	@$(BIN)/python -m tests.fuzz --seconds $(SECONDS)

race: setup  ## sixteen processes with EVENTS=.. events each on one subscription, and on a hundred
	@RACING_EVENTS=$(EVENTS) $(BIN)/python -m pytest -m stack tests/racing -s

simmails: .venv/ready  ## RUNS=.. seeds of the simulation of reminders, in JOBS=.. processes
	@$(BIN)/python -m tests.sim_mails --runs $(RUNS) --jobs $(JOBS)

check: .venv/ready  ## style, types and templates
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy .
	@$(BIN)/python -m infra.lint

format: .venv/ready  ## mend the style
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: .venv/ready  ## what a webhook, the schedule of reminders and a cold start cost beside their floors; a year of the Stripe twin
	@$(BIN)/python -m infra.bench
	@$(BIN)/python -m infra.local.twin.bench

conformance: .venv/ready  ## the Stripe twin, judged by stripe-mock and the official CLI (need Go and npm)
	@$(BIN)/python -m tests.infra.local.twin.conformance

e2e: setup  ## the story in a real browser, with the whole stack; needs Chromium
	@$(BIN)/python -m pytest -m "e2e or stack"

images: setup  ## take the pictures of the docs anew
	@IMAGES=docs/images $(BIN)/python -m pytest -m e2e
	@$(BIN)/python -m infra.mails preview --shots docs/images/mails
	@$(BIN)/python -m infra.pages preview --shots docs/images/pages

package: .venv/ready  ## build/<STAGE>: the template and the code as CloudFormation takes them
	@$(BIN)/python -m infra.package $(STAGE)

deploy: .venv/ready  ## both stacks of STAGE at AWS, the first time and every later one; reads infra/stages/STAGE.yaml
	@$(BIN)/python -m infra.deploy $(STAGE) $(if $(BUCKET),--bucket $(BUCKET)) $(if $(ENDPOINT_URL),--endpoint-url $(ENDPOINT_URL))

doctor: .venv/ready  ## what is wrong with STAGE, at AWS and at Stripe, and how to mend it
	@$(BIN)/python -m infra.doctor $(STAGE) $(if $(ENDPOINT_URL),--endpoint-url $(ENDPOINT_URL))

lock: .venv/ready  ## resolve pyproject.toml again into the three locked lists
	@$(BIN)/uv pip compile -q pyproject.toml $(LOCK) -o requirements.txt
	@$(BIN)/uv pip compile -q --group dev pyproject.toml -c requirements.txt $(LOCK) -o requirements-dev.txt
	@$(BIN)/uv pip compile -q --group pyproject.toml:ministack $(LOCK) -o infra/local/requirements-ministack.txt

LOCK := --universal --python-version 3.11 --generate-hashes --custom-compile-command "make lock"

clean:  ## remove what was built, but not the virtual environments
	@rm -rf build .chalice/deployments .mypy_cache .ruff_cache .pytest_cache
