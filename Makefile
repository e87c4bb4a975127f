# Everything these targets need they install themselves, into .venv.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.ready

.PHONY: demo test test-slow docs bench lint types contracts doctest unit boundscheck clean

demo: $(READY)
	$(BIN)/bosphorus run scenarios/quickstart.yaml

# First what keeps one core busy, two of them at a time; the longest of them begin first. The
# doctests leave the compiled kernel in numba's cache, so that it is compiled once and not by each
# process of the rest, which takes all cores.
test: $(READY)
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target lint contracts boundscheck types doctest
	@$(MAKE) --no-print-directory unit

# pip compiles all it installs, on one core; packages' own tests are never imported
$(READY): pyproject.toml
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-compile --editable '.[dev]'
	-$(BIN)/python -m compileall -qq -j 0 -x '/tests?/' .venv/lib simulator topologies analysis
	touch $@

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(READY)
	$(BIN)/mypy

contracts: $(READY)
	$(BIN)/lint-imports

doctest: $(READY)
	$(BIN)/pytest --doctest-modules simulator topologies analysis

unit: $(READY)
	$(BIN)/pytest -n auto --dist worksteal -m 'not slow' --benchmark-skip tests

# the compiled kernel once more with every array access checked
KERNEL_TESTS := $(foreach what,kernel fair fifo computations failures graph growth fabric,\
	tests/simulator/cluster/test_$(what).py)

boundscheck: $(READY)
	NUMBA_BOUNDSCHECK=1 NUMBA_CACHE_DIR=.venv/boundscheck $(BIN)/pytest --benchmark-skip -m 'not slow' $(KERNEL_TESTS)

test-slow: $(READY)
	$(BIN)/pytest -n auto -m slow --benchmark-skip tests

# pages of the catalogues, and the schema that editors know scenarios by
docs: $(READY)
	$(BIN)/bosphorus list --format md --out scenarios/catalogues
	$(BIN)/bosphorus schema > scenarios/scenario.schema.json

bench: $(READY)
	$(BIN)/pytest --benchmark-only --benchmark-columns=min,median,rounds -s tests/benchmarks

clean:
	rm -rf .venv build dist runs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
