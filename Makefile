# Copyright 2026 The aiatrack_ros authors. SPDX-License-Identifier: Apache-2.0

SHELL := /bin/bash
# Each recipe line runs in the environment that setup makes. ROS and PYTHON, of the command line or
# the environment, reach setup_environment.py and env.sh as variables of the environment.
ENV := source scripts/env.sh &&
# Tests have limits of their own; this one is for what hangs beyond them.
LIMIT := timeout -k 10 2400
TESTS ?= test

.DEFAULT_GOAL := help
.PHONY: help setup try demo sim latency picker middleware soak test lint docs clean distclean

help:  ## Show what can be made
	@echo 'aiatrack_ros: follow one target through a camera stream. Targets:'
	@sed -n 's/^\([a-z]*\):.*  ## /  make \1 \t/p' $(MAKEFILE_LIST) | expand -t 18
	@echo 'ROS=kilted takes other wheels than those of jazzy, PYTHON=python3.13 another Python.'
	@echo 'With a ROS 2 distribution, build it in your workspace with colcon instead (README.md).'

setup:  ## Bring ROS 2 wheels into .venv/NAME and build (all other targets do it first)
	@command -v python3 > /dev/null \
	  || { echo 'setup: error: no Python 3: sudo apt install python3-venv python3-dev'; exit 1; }
	@python3 scripts/setup_environment.py

# No limit: it goes on until Ctrl-C.
try: setup  ## Draw a box on a running video in your browser and see it followed; HOST=0.0.0.0 for a phone
	@$(ENV) python3 tools/try_picker.py $(if $(VIDEO),--video '$(VIDEO)') \
	  $(if $(HOST),--host '$(HOST)') $(if $(PORT),--port '$(PORT)')

demo: setup  ## Track a target of a real video through real nodes; write the annotated video
	@$(ENV) $(LIMIT) python3 tools/demo.py $(if $(VIDEO),--video '$(VIDEO)') \
	  $(if $(BOX),--box '$(BOX)') $(if $(OUTPUT),--output '$(OUTPUT)')

sim: setup  ## Let a simulated robot follow somebody with the real nodes; SCENE=alone or company
	@$(ENV) $(LIMIT) python3 tools/sim.py $(if $(SCENE),--scene '$(SCENE)') \
	  $(if $(SEED),--seed '$(SEED)') $(if $(OUTPUT),--output '$(OUTPUT)') \
	  $(if $(RECORD_TO),--record-to '$(RECORD_TO)')

latency: setup  ## Measure what the tracker node adds to the time of its tracker, and its idle cost
	@$(ENV) $(LIMIT) python3 tools/latency.py $(if $(SECONDS_EACH),--seconds '$(SECONDS_EACH)') \
	  $(if $(JSON),--json '$(JSON)') $(if $(RECORD_TO),--record-to '$(RECORD_TO)')

picker: setup  ## Measure what the web page costs: the processor, and the tracker's latency
	@$(ENV) $(LIMIT) python3 tools/picker_cost.py $(if $(SECONDS_EACH),--seconds '$(SECONDS_EACH)')

middleware: setup  ## Measure how many images arrive in another process, and how late
	@$(ENV) $(LIMIT) python3 tools/image_arrival.py $(if $(SIZES),--sizes '$(SIZES)') \
	  $(if $(RATE),--rate '$(RATE)') $(if $(SECONDS_EACH),--seconds '$(SECONDS_EACH)')

# No limit: it takes as many minutes as it is told, and ends by itself.
soak: setup  ## Let the tracker node run for MINUTES=10 and see that it does not grow
	@$(ENV) python3 tools/soak.py $(if $(MINUTES),--minutes '$(MINUTES)') \
	  $(if $(PLOT),--plot '$(PLOT)')

test: setup  ## Run all tests; TESTS=test/tracking/test_crop.py runs some
	@$(ENV) $(LIMIT) python3 -m pytest $(TESTS)

lint: setup  ## Check style, format and types; `ruff format .` mends the format
	@$(ENV) ruff check . && ruff format --check . && mypy

docs: setup  ## Build the documents as a site, build/docs/index.html
	@$(ENV) sphinx-build -W --keep-going -q docs build/docs

clean:  ## Remove what was built, for all distributions
	rm -rf build install log

distclean: clean  ## Remove what was built and the environments
	rm -rf .venv
