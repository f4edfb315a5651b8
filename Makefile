# Two commands matter: 'make run' and 'make test'. 'make help' lists them all.

# A Python that you name is taken or refused; without one the first suitable of these is taken.
PYTHON ?=
CANDIDATES := $(if $(PYTHON),"$(PYTHON)",python3 python3.13 python3.12 python3.11)
BIN := .venv/bin/python
# It holds the folder that .venv was made in: in a copy, or without its Python, .venv is no use.
READY := .venv/.ready
ROOT_USER := $(if $(filter 0,$(shell id -u)),--allow-root) # as in a container
OURS := $(shell test "$$(cat $(READY) 2>/dev/null)" = "$(CURDIR)" && $(BIN) -c "" 2>/dev/null && echo yes)

.DEFAULT_GOAL := help
.PHONY: help setup run test test-helpers test-profile lab refresh site test-site clean

help: ## list the targets
	@echo "A course on self-supervised learning that measures whether pre-training helped."
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile
	@echo "Needs Python 3.11, 3.12 or 3.13; name another one with 'make run PYTHON=/path/to/python'."

setup: $(READY) ## make .venv and install the pinned packages (the other targets do it if needed)

run: $(READY) ## execute every lesson, then print what each found and where it lies
	@$(BIN) -m helpers run

test: $(READY) ## run every check: style, helpers, contract, nbval, and papermill with the ci profile
	$(BIN) -m ruff check .
	$(BIN) -m ruff format --check .
	.venv/bin/lint-imports
	$(BIN) -m jupyter nbconvert notebooks/*.ipynb --to python --output-dir build/scripts --log-level ERROR
	$(BIN) -m vulture
	@$(MAKE) --no-print-directory --jobs 2 test-helpers test-profile
	@# two lessons at a time, each on one thread: what they conclude must not hang on the number
	SSL_COURSE_BUILD="$(CURDIR)/build/nbval" SSL_COURSE_STRICT=1 SSL_COURSE_THREADS=1 \
		$(BIN) -m pytest notebooks --numprocesses 2 --dist loadfile \
		--nbval-lax --nbval-current-env --nbval-cell-timeout=600

# Both wait much, for processes to start or to end, so they run side by side.
test-helpers:
	$(BIN) -m pytest tests helpers --numprocesses 2 --dist worksteal --cov --cov-report=
	$(BIN) -m pytest tests helpers --framework keras --cov --cov-append --cov-report=
	$(BIN) -m pytest tests helpers --framework torch --cov --cov-append --cov-report=
	$(BIN) -m coverage report --fail-under=90

test-profile:
	$(BIN) -m helpers run --profile ci --force

lab: $(READY) ## open JupyterLab on the lessons
	$(BIN) -m jupyterlab --LabApp.default_url=/lab/tree/notebooks $(ROOT_USER)

refresh: run ## store the outputs of a run in notebooks/ and its times in the README
	$(BIN) -m helpers refresh

# Beside .venv, not in it: the lessons' environment is the same with and without a site.
EXTRA := build/site-packages
CHROMIUM := $(firstword $(shell command -v chromium chromium-browser google-chrome))

site: $(READY) $(EXTRA)/.site ## make build/site: the lessons as pages that need no kernel and no network
	PYTHONPATH=$(EXTRA) $(BIN) -m helpers.site build/site

test-site: site $(if $(CHROMIUM),$(EXTRA)/.tests) ## try the site in Debian's Chromium, if there is one
ifeq ($(CHROMIUM),)
	@echo "The site is not tested: there is no Chromium (on Debian: apt-get install chromium)"
else
	PYTHONPATH=$(EXTRA) $(BIN) -m pytest tests/site --numprocesses 2 -k "not quick_on_one_core"
	@# what measures seconds has the machine to itself
	PYTHONPATH=$(EXTRA) $(BIN) -m pytest tests/site/test_built_site.py -k quick_on_one_core
endif

$(EXTRA)/.site: helpers/site/requirements.txt
$(EXTRA)/.tests: tests/site/requirements.txt | $(EXTRA)/.site
$(EXTRA)/.%: $(READY)
	$(BIN) -m pip install --quiet --disable-pip-version-check --no-deps --upgrade \
		--target $(EXTRA) -r $(filter %.txt,$^)
	@touch $@

clean: ## remove everything made here: .venv and build
	rm -rf .venv build

.PHONY: again
$(READY): requirements.txt constraints.txt pyproject.toml $(if $(OURS),,again)
	@set -e; \
	clear=; \
	if [ -z "$(OURS)" ] && { [ -e $(READY) ] || ! $(BIN) -c ""; } 2>/dev/null; then clear=--clear; fi; \
	if [ "$$clear" ] && [ -L .venv ] && [ -e .venv/pyvenv.cfg ]; then rm .venv; fi; \
	rm -f $(READY); \
	for python in $(CANDIDATES); do \
		if "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
			>/dev/null 2>&1; then \
			echo "setting up .venv with $$("$$python" --version) (about 1 GB, a few minutes, once)"; \
			"$$python" -m venv $$clear .venv; \
			$(BIN) helpers/install.py; \
			printf '%s\n' "$(CURDIR)" > $(READY); \
			exit 0; \
		fi; \
	done; \
	echo "Found no Python 3.11, 3.12 or 3.13 (tried: $(or $(PYTHON),$(CANDIDATES))): install one," \
		"or name it with 'make $(MAKECMDGOALS) PYTHON=/path/to/python'" >&2; \
	exit 1
