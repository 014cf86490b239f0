# book · lab · test · check · bench · clean. Each makes .venv first where it is missing, and refreshes it when the versions change.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

ifneq ($(wildcard ../shared/real),)
export MRTUTOR_DATA ?= $(abspath ../shared/real)
endif

.PHONY: book lab test check bench clean

book: $(READY)
	$(BIN)/python book/build.py

lab: $(READY)
	$(BIN)/mrtutor lab

test: $(READY)
	$(BIN)/python -m pytest

# format, lint and types: seconds, before every commit
check: $(READY)
	$(BIN)/ruff format --check --diff --quiet .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python book/npm.py biome ci

# make bench TABLES="grappa busy" for some of them
bench: .venv/.bench
	$(BIN)/python tests/bench $(TABLES)

clean:
	rm -rf book/_build book/_static/mathjax dist .pytest_cache .hypothesis

$(READY): pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[book,test,check,reference,export]"
	touch $@

.venv/.bench: $(READY)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable ".[bench]"
	touch $@
