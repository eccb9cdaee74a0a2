# Two commands for readers: `make book` and `make test`. The rest is for people who change the project.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# Most modules of the packages are never imported: Python compiles those that are, when they are.
PIP := -m pip install --quiet --disable-pip-version-check --no-compile -c requirements.lock
DEFINITION := pyproject.toml requirements.lock
TORCH_TESTS := tests/metrics/test_metric_peers.py tests/lab tests/engine tests/attack/engine clipsafe_engine
unexport PYTHONDONTWRITEBYTECODE

.PHONY: book test peers reproduce record lint bench lock clean

book: $(VENV)/.book  ## Build the book from the committed cubes and say where its first page is.
	@$(BIN)/clipsafe book

# Two workers have a core each: threads of the libraries of numbers would wait for each other.
ONE_THREAD := OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1

test: $(VENV)/.test  ## Run every check that needs no torch: style, types, numbers, the book itself.
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/mypy
	@$(ONE_THREAD) $(BIN)/python -m pytest -q -n 2 --dist loadgroup $(addprefix --ignore=,$(TORCH_TESTS))

peers: $(VENV)-peers/.peers  ## Run what needs torch, in its own environment: the laboratory, the engine, others' metrics.
	@$(ONE_THREAD) $(VENV)-peers/bin/python -m pytest -q -n 2 --dist loadgroup $(TORCH_TESTS)

reproduce: $(VENV)-peers/.peers  ## Go from the shipped weights to cubes and compare with the committed; QUICK=1: six models.
	@$(VENV)-peers/bin/clipsafe miniature reproduce $(if $(QUICK),--quick)

record: $(VENV)/.test  ## Rebuild the cubes of the public record from the raw files.
	$(BIN)/clipsafe record
	git diff --stat -- cubes

lint: $(VENV)/.test  ## Mend what a machine can mend.
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(VENV)/.test $(VENV)-peers/.peers  ## Measure what the performance targets ask for.
	$(VENV)-peers/bin/python benchmarks/metrics.py
	$(VENV)-peers/bin/python benchmarks/world.py
	$(VENV)-peers/bin/python benchmarks/zoo.py
	$(VENV)-peers/bin/python benchmarks/engine.py
	$(BIN)/python benchmarks/book.py

# Torch and what it brings are left out: which build fits depends on the machine.
lock: $(VENV)/.test  ## Renew requirements.lock from pyproject.toml; needs uv on the path.
	@echo "# Every package of every extra but torch and its CUDA libraries. Made by: make lock" > requirements.lock
	uv pip compile pyproject.toml --all-extras --universal --fork-strategy fewest --python-version 3.11 \
		--no-header --no-annotate -q | grep -vE '^((torch|torchvision|triton)==|nvidia-|cuda-)' >> requirements.lock

clean:
	rm -rf $(VENV) $(VENV)-peers _build

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
		|| { echo "make: needs Python 3.11 to 3.13; name one with: make PYTHON=python3.12" >&2; exit 2; }
	@echo "Making the virtual environment $(VENV) ..."
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.book: $(VENV)/bin/python $(DEFINITION)
	@echo "Installing the packages of the book (a minute or two, once) ..."
	@$(BIN)/python $(PIP) -e '.[book]'
	@touch $@

$(VENV)/.test: $(VENV)/bin/python $(DEFINITION)
	@echo "Installing the packages of the book and of the tests (a minute or two, once) ..."
	@$(BIN)/python $(PIP) -e '.[book,record,test]'
	@touch $(VENV)/.book $@

$(VENV)-peers/.peers: $(DEFINITION)
	@echo "Installing torch, timm, open_clip and the libraries to compare with ..."
	@$(PYTHON) -m venv $(VENV)-peers
	@$(VENV)-peers/bin/python $(PIP) -e '.[book,field,models,peers,record,scale,test]'
	@touch $@
