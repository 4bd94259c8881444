# The two commands of a fresh machine are `make demo` and `make test`. ARGS reaches the command: make test ARGS="-x -k matmul"

PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null && { echo $$p; break; }; done)
BIN := .venv/bin
DONE := .venv/done
LOG := .venv/install.log
CC ?= cc
ARGS ?=
ANVIL_VERSION := $(shell sed -n 's/^VERSION = "\(.*\)"/\1/p' src/enigma/local/anvil.py)
ANVIL := .tools/node_modules/.anvil-$(ANVIL_VERSION)
VIEM_VERSION := 2.57.20
VIEM := .tools/viem/.viem-$(VIEM_VERSION)

# Quiet while it works; everything it said when it fails.
quietly = { $(1); } > $(LOG) 2>&1 || { cat $(LOG); exit 1; }
install = $(BIN)/python -m pip install --disable-pip-version-check --require-hashes

.PHONY: demo test test-long check bench format kernels controllers anvil viem clean
.DELETE_ON_ERROR:

# The chain of the demo is anvil. Where neither it nor npm is there, the demo says what it cannot show.
demo: $(DONE)/demo $(DONE)/kernels
	@if [ ! -e $(ANVIL) ] && ! command -v anvil > /dev/null && command -v npm > /dev/null; then \
		$(MAKE) --no-print-directory anvil || true; fi
	@$(BIN)/enigma demo $(ARGS)

test: $(DONE)/dev $(DONE)/kernels $(DONE)/controllers
	@$(BIN)/python -m pytest -m "not long" -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder $(ARGS)

test-long: $(DONE)/dev $(DONE)/kernels $(DONE)/controllers
	@$(BIN)/python -m pytest -m "long" $(ARGS)

bench: $(DONE)/demo $(DONE)/kernels
	@$(BIN)/enigma bench $(ARGS)

check: $(DONE)/dev $(DONE)/kernels
	@echo "ruff" && $(BIN)/ruff check && $(BIN)/ruff format --check
	@echo "mypy" && $(BIN)/mypy
	@echo "import-linter" && $(BIN)/lint-imports --no-cache
	@echo "line limit" && $(BIN)/python tools/line_limit.py
	@echo "vulture" && $(BIN)/vulture
	@echo "warnings of the C compiler" && tools/compile_strictly $(CC)

format: $(DONE)/dev
	@$(BIN)/ruff format && $(BIN)/ruff check --fix

kernels: $(DONE)/kernels

controllers: $(DONE)/controllers

# The chain of this machine: one binary, from npm; nothing of Node is needed when it runs.
anvil: $(ANVIL)

$(ANVIL):
	@command -v npm > /dev/null || { \
		echo "anvil comes from npm, which is not on the PATH: install Node 20 or newer, then: make anvil"; \
		echo "(without it, enigma up and the tests of a chain do not run; everything else does)"; exit 1; }
	@echo "Installing anvil into .tools/"
	@mkdir -p .tools
	@npm install --prefix .tools --no-package-lock --no-save --no-fund --no-audit --loglevel=error \
		@foundry-rs/anvil@$(ANVIL_VERSION) > .tools/install.log 2>&1 || { cat .tools/install.log; exit 1; }
	@touch $@

# A wallet's library, for the tests that hold ours against it. In a folder of its own: npm removes what it was not told of.
viem: $(VIEM)

$(VIEM):
	@command -v npm > /dev/null || { \
		echo "viem comes from npm, which is not on the PATH: install Node 20 or newer, then: make viem"; \
		echo "(only tests/chain/test_wallets.py needs it)"; exit 1; }
	@echo "Installing viem into .tools/viem/"
	@mkdir -p .tools/viem
	@npm install --prefix .tools/viem --no-package-lock --no-save --no-fund --no-audit --loglevel=error \
		viem@$(VIEM_VERSION) > .tools/viem/install.log 2>&1 || { cat .tools/viem/install.log; exit 1; }
	@touch $@

clean:
	rm -rf .venv build dist src/*.egg-info src/enigma/algebra/kernels/_native* src/enigma/chain/artifacts

# ---------------------------------------------------------------- the environment, step by step; each leaves a stamp

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "Enigma needs Python 3.11 or newer on the PATH (or: make PYTHON=/path/to/python)"; exit 1; }
	@echo "Making the environment .venv"
	@$(PYTHON) -m venv .venv

$(DONE)/build: requirements/build.txt | $(BIN)/python
	@mkdir -p $(DONE)
	@$(call quietly,$(install) -r requirements/build.txt)
	@touch $@

$(DONE)/demo: requirements/demo.txt $(DONE)/build
	@echo "Installing what Enigma runs on (about 150 MB)"
	@$(call quietly,$(install) -r requirements/demo.txt)
	@touch $@

$(DONE)/dev: requirements/dev.txt $(DONE)/demo
	@echo "Installing what the tests and checks need"
	@$(call quietly,$(install) -r requirements/dev.txt)
	@touch $@

# An old extension is removed first: where the compiler has gone, the NumPy twin is right and the old code is not.
$(DONE)/kernels: $(wildcard native/*) setup.py pyproject.toml src/enigma/__init__.py $(DONE)/demo
	@echo "Building the kernels"
	@rm -f src/enigma/algebra/kernels/_native*.so
	@$(call quietly,$(BIN)/python -m pip install -v --disable-pip-version-check --no-build-isolation --no-deps -e .)
	@cp $(LOG) .venv/build.log
	@$(BIN)/python tools/kernel_report.py .venv/build.log
	@touch $@

CONTROLLERS := src/enigma/chain

$(DONE)/controllers: $(wildcard $(CONTROLLERS)/controllers/*.vy) $(CONTROLLERS)/compiling.py $(CONTROLLERS)/artifacts.py $(DONE)/dev
	@echo "Compiling the controllers"
	@$(call quietly,PYTHONPATH=src $(BIN)/python -m enigma.chain.compiling)
	@touch $@
