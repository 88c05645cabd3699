# Every target is one call. The environment in .venv is made on first use, from pinned versions.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BOARD ?= u280
ENGINE ?= w4a8
FORMAT ?= w4a8
ARGS ?=
BIN := .venv/bin
PIP := $(BIN)/pip install --quiet --disable-pip-version-check --constraint constraints.txt

.DEFAULT_GOAL := help
.PHONY: help setup synth verify verilog demo test test-all bench mutants curve elements blocks lint clean

help:
	@echo "make synth BOARD=u280 ENGINE=w4a8        verify, synthesize, print the cost"
	@echo "make verify ENGINE=e4m3xe4m3             hardware against the golden model"
	@echo "make verilog FORMAT=nvfp4                Verilog and its testbench into out/"
	@echo "make demo                                handwritten digits through simulated hardware"
	@echo "make curve                               sites of integer pairs by their widths, a picture"
	@echo "make elements                            processing elements of the literature side by side"
	@echo "make blocks                              what products packed into DSP blocks cost"
	@echo "make mutants ENGINE=mxfp4                which mutants of its Verilog the stimuli kill"
	@echo "make test | test-all | bench | lint      tests, long tests, speeds, style and types"
	@echo "More options for one command: ARGS='--rows 8 --lanes 16' (see $(BIN)/macsmith COMMAND --help)"

.venv/core: pyproject.toml constraints.txt
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: apt-get install python3.11"; exit 3; }
	$(PYTHON) -m venv .venv
	$(PIP) --editable .
	touch $@

.venv/docs: .venv/core
	$(PIP) --editable '.[docs]'
	touch $@

.venv/tests: .venv/core
	$(PIP) --editable '.[test,examples]'
	touch $@

setup: .venv/core

synth: .venv/core
	$(BIN)/macsmith synth $(ENGINE) --board $(BOARD) $(ARGS)

verify: .venv/core
	$(BIN)/macsmith verify $(ENGINE) $(ARGS)

verilog: .venv/core
	$(BIN)/macsmith generate $(FORMAT) --force $(ARGS)

demo: .venv/tests
	$(BIN)/python examples/digits.py $(ARGS)

test: .venv/tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder -m "not slow" $(ARGS)

test-all: .venv/tests
	$(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder $(ARGS)

bench: .venv/tests
	$(BIN)/python tests/bench/speeds.py

mutants: .venv/tests
	$(BIN)/python tests/bench/mutants.py $(ENGINE) $(ARGS)

curve: .venv/docs
	$(BIN)/python docs/curve.py

elements: .venv/core
	$(BIN)/python docs/elements.py

blocks: .venv/core
	$(BIN)/python docs/blocks.py

lint: .venv/tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python tests/check_types.py

clean:
	rm -rf build out .venv *.egg-info
