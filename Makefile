# The project's commands. Each makes `.venv` from the lock where that is not done yet.

VENV := .venv
BIN := $(VENV)/bin
RESULTS := results
PYTHON ?=
CORES ?= all
WORKERS ?= 3
ARGS ?= tests/workflow tests/torture tests/unit
RUN ?=
COMMAND ?= make $(RUN)
CONFIG ?=
GPU_ARGS ?= --minutes 8 --train bench/gpu/argon_pixelcnn.yaml --train-seconds 240

.DEFAULT_GOAL := help
.PHONY: help demo study release-weights test torture test-lowest coverage check format bench gpu pages docs clean
.DELETE_ON_ERROR:

# The environment's programs come first also for what they start in turn, but not where the
# environment itself is made.
SYSTEM_PATH := $(PATH)
export PATH := $(CURDIR)/$(BIN):$(PATH)
export MPLBACKEND := Agg
export PYTHON

# Snakemake, pip and matplotlib need a cache folder that can be written.
ifeq ($(shell d="$${XDG_CACHE_HOME:-$${HOME:-/nonexistent}/.cache}"; mkdir -p "$$d" 2>/dev/null && [ -w "$$d" ] && echo yes),)
export XDG_CACHE_HOME := $(CURDIR)/.cache
export MPLCONFIGDIR := $(CURDIR)/.cache/matplotlib
endif

help:
	@echo "make demo    the default run: simulate, train, sample, measure, draw ($(RESULTS)/demo/)"
	@echo "make study   the larger run of config/study.yaml ($(RESULTS)/study/)"
	@echo "make release-weights  models of a finished run, one file each with a card, and the run as an RO-Crate (CONFIG=config/study.yaml)"
	@echo "make test    every test (COVERAGE=yes: then make coverage reports)"
	@echo "make torture every fault of docs/reliability.md in the numbers that stand there"
	@echo "make test-lowest  the unit tests with the lowest versions allowed"
	@echo "make check   formatting, lint, types, the import contract"
	@echo "make format  format every source file"
	@echo "make bench   the speed of the samplers, on one core and on two, and of the simulators"
	@echo "make gpu     what a GPU brings: checks against the CPU, speeds, one training (results/gpu/)"
	@echo "make pages   the pages in docs/results; RUN=study takes tables and figures of that run first"
	@echo "make docs    the documentation as a site ($(RESULTS)/site/index.html); a link that leads nowhere fails"
	@echo "make clean   remove what tools and tests left; results, their records and .venv stay"

$(VENV)/installed: envs/requirements.lock pyproject.toml envs/install.sh
	@PATH="$(SYSTEM_PATH)" sh envs/install.sh $(VENV)

# How Snakemake schedules is in profiles/default.
demo: $(VENV)/installed
	$(BIN)/snakemake report --rerun-incomplete --cores $(CORES)
	@echo "darkpixel: open $(RESULTS)/demo/report/index.html"

study: $(VENV)/installed
	$(BIN)/snakemake report --rerun-incomplete --cores $(CORES) --configfile config/study.yaml
	@echo "darkpixel: open $(RESULTS)/study/report/index.html"

# A run that is not there is made first.
release-weights: $(VENV)/installed
	$(BIN)/snakemake pack_models pack_run --rerun-incomplete --cores $(CORES) $(if $(CONFIG),--configfile $(CONFIG))

# One thread a worker: the workers share two cores, and one more works while others wait, for Slurm or a disk.
test: $(VENV)/installed
	OMP_NUM_THREADS=1 $(BIN)/pytest --durations 30 --durations-min 5 -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(if $(COVERAGE),--cov --cov-report=) $(ARGS)

# The table of docs/reliability.md, made anew, also where tests fail: they have rows. PYTHONS="python3.12 python3.13": also with these.
PYTHONS ?=
OTHER_VENVS := $(foreach python,$(PYTHONS),.venv-$(notdir $(python)))
.venv-python%/installed: envs/requirements.lock pyproject.toml envs/install.sh
	PATH="$(SYSTEM_PATH)" PYTHON=$(filter %python$*,$(PYTHONS)) sh envs/install.sh .venv-python$*
torture: $(VENV)/installed $(OTHER_VENVS:=/installed)
	rm -rf $(RESULTS)/torture
	DARKPIXEL_TORTURE=$(CURDIR)/$(RESULTS)/torture DARKPIXEL_PYTHONS="$(foreach venv,$(OTHER_VENVS),$(CURDIR)/$(venv)/bin/python)" OMP_NUM_THREADS=1 $(BIN)/pytest -n 4 tests/torture; \
		status=$$?; $(BIN)/python tests/builders/reliability.py $(RESULTS)/torture $$(git describe --always --dirty) && exit $$status

# After `make test COVERAGE=yes`, which is slower.
coverage: $(VENV)/installed
	$(BIN)/coverage xml -q
	$(BIN)/coverage report

# The lowest versions that pyproject.toml allows, in an environment of their own (3 GB); uv chooses them.
LOWEST := .venv-lowest
$(LOWEST)/installed: $(VENV)/installed pyproject.toml
	$(BIN)/python -m venv --clear $(LOWEST)
	$(LOWEST)/bin/python -m pip install --quiet uv
	VIRTUAL_ENV=$(CURDIR)/$(LOWEST) $(LOWEST)/bin/uv pip install --quiet --resolution lowest-direct --all-extras -r pyproject.toml
	VIRTUAL_ENV=$(CURDIR)/$(LOWEST) $(LOWEST)/bin/uv pip install --quiet --no-deps --editable .
	date > $@

test-lowest: $(LOWEST)/installed
	OMP_NUM_THREADS=1 $(LOWEST)/bin/pytest -n $(WORKERS) --dist loadfile -W default tests/unit

check: $(VENV)/installed
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/installed
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/snakefmt Snakefile workflow

bench: $(VENV)/installed
	OMP_WAIT_POLICY=passive $(BIN)/python -m bench.sampling
	OMP_WAIT_POLICY=passive $(BIN)/python -m bench.codes
	OMP_WAIT_POLICY=passive $(BIN)/python -m bench.pixelcnnpp
	OMP_WAIT_POLICY=passive $(BIN)/python -m bench.cores
	OMP_WAIT_POLICY=passive $(BIN)/python -m bench.transformer
	$(BIN)/python -m bench.argon
	$(BIN)/python -m bench.muons

gpu: $(VENV)/installed
	$(BIN)/python -m bench.gpu --out $(RESULTS)/gpu $(GPU_ARGS)

# COMMAND: what made the run, for the record, where it was not `make $(RUN)`.
pages: $(VENV)/installed
	$(BIN)/python -m darkpixel.pages $(if $(RUN),--run "$(RESULTS)/$(RUN)" --command "$(COMMAND)")

# Every warning is an error. What Sphinx has read it keeps in .cache.
docs: $(VENV)/installed
	$(BIN)/sphinx-build --fail-on-warning --keep-going --quiet --jobs auto --conf-dir docs --doctree-dir .cache/site . $(RESULTS)/site
	$(BIN)/python docs/check_links.py $(RESULTS)/site

clean:
	rm -rf docs/reference/library .cache .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis build dist
	rm -f coverage.xml .coverage .coverage.*
	find . -name __pycache__ -type d -not -path './$(VENV)/*' -prune -exec rm -rf {} +
