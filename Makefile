# Everything below sets up what it needs in .venv, on a machine that has Python 3.11+ and make.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# The prompts that are scored side by side; the others are tested against the first.
PROMPTS := events/v1 events/v2 events/v3
RUNS := $(foreach prompt,$(PROMPTS),runs/eval/$(subst /,-,$(prompt))-dev)
READY := .venv/.ready

.PHONY: demo test test-servers eval bench check record lock faults format clean

demo: $(READY)  ## extract from the five seeds by replaying recorded answers
	@$(BIN)/mahdar run seeds/ --replay evals/recordings --out runs/demo

test: $(READY)  ## the test suite
	$(BIN)/python -m pytest -n auto --dist loadfile

test-servers: $(READY)  ## the tests with real servers, which are installed and started here: llama.cpp, LiteLLM
	@$(BIN)/python -m tests.servers.install
	$(BIN)/python -m pytest tests/servers -m servers -rsx --durations=5

eval: $(READY)  ## score the prompts on the labelled documents by replaying recorded answers
	@mkdir -p runs
	@for prompt in $(PROMPTS); do \
		$(BIN)/mahdar eval run --prompt $$prompt --split dev --out runs/eval/$$(echo $$prompt | tr / -)-dev \
			> runs/eval-$$(echo $$prompt | tr / -).txt || exit; \
	done
	@echo "against another annotator's labels of 40 of these documents, one value a field:"
	@$(BIN)/mahdar eval matrix $(RUNS) --labels passes/invented
	@printf '\nagainst the labels:\n'
	@$(BIN)/mahdar eval matrix $(RUNS)

bench: $(READY)  ## measure it beside other libraries, each in build/bench: make bench BENCH="--only cold --rounds 1"
	@$(BIN)/python -m bench.compare $(BENCH)

check: $(READY)  ## lint, types, import contracts, spelling
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/codespell

faults: $(READY)  ## what a run loses, does twice and waits for when things go wrong (a quarter of an hour)
	$(BIN)/python -m bench.faults

format: $(READY)  ## mend what can be mended by itself
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

record: $(READY)  ## record what is missing: make record BASE_URL=http://localhost:11434/v1 MODEL=qwen3:8b
	@test -n "$(BASE_URL)" -a -n "$(MODEL)" || { echo "make record BASE_URL=... MODEL=..."; exit 2; }
	for prompt in events meeting exercise agreement; do \
		$(BIN)/mahdar record seeds/ --to evals/recordings --prompt $$prompt --base-url $(BASE_URL) --model $(MODEL) || exit; \
	done

lock: $(READY)  ## resolve the dependencies anew
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --no-annotate --all-extras --group dev pyproject.toml -o requirements.lock

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed: set PYTHON=/path/to/python3"; exit 2; }
	@echo "setting up .venv with $$($(PYTHON) --version) (once, about a minute)"
	@$(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean:
	rm -rf .venv build runs .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
