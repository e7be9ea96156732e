# Everything runs in .venv, which is made from pyproject.toml when it is missing or older.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LIBRARY := library
STAMP := $(VENV)/.installed
DEV := $(VENV)/.installed-dev

.DEFAULT_GOAL := help
.PHONY: help demo test test-long check format ui eval bench train ablations screenshots clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:.*## /\t/' | expand -t 16

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable .
	@touch $@

$(DEV): $(STAMP)
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	@touch $@

demo: $(STAMP) ## index the sample articles, ask a question, print the cited answer
	$(BIN)/rag index examples/articles --library $(LIBRARY)
	$(BIN)/rag ask "Who mediated the swap?" --library $(LIBRARY)
	@echo
	@echo "Ask more:              $(BIN)/rag ask \"...\" --library $(LIBRARY)"
	@echo "Open the page:         make ui"
	@echo "Follow your own folder: $(BIN)/rag sync FOLDER --library my-library"

ui: $(STAMP) ## serve the page over the sample library
	@test -f $(LIBRARY)/manifest.json || $(BIN)/rag index examples/articles --library $(LIBRARY)
	$(BIN)/rag ui --library $(LIBRARY)

test: $(DEV) ## the whole suite, slow parts in their short form
	$(BIN)/python -m pytest -n 2 --dist loadfile

test-long: $(DEV) ## the fault tests in their long form
	$(BIN)/python -m pytest -m long tests

check: $(DEV) ## format, lint, types, import directions, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(MAKE) test

format: $(DEV) ## rewrite the code in the house format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

eval: $(STAMP) ## ask the 121 questions of the sample set, score the answers, write a report
	@test -f $(LIBRARY)/manifest.json || $(BIN)/rag index examples/articles --library $(LIBRARY)
	$(BIN)/rag eval eval/sets/swap.jsonl --library $(LIBRARY) --out runs/swap-$$(date +%Y%m%d-%H%M%S)
	$(BIN)/rag eval report "$$(ls -td runs/swap-* | head -1)"

bench: $(DEV) ## speed and scale, compared in one run (docs/benchmarks.md)
	$(BIN)/python -m bench.encoder
	$(BIN)/python -m bench.startup
	$(BIN)/python -m bench.scale
	$(BIN)/python -m bench.sync
	$(BIN)/python -m bench.extraction
	$(BIN)/python -m bench.duplicates

train: $(DEV) ## train the reader anew from DATA=FOLDER (docs/reader.md); hours on a processor
	$(BIN)/python -m train.squad $(DATA)
	$(BIN)/python -m train.start runs/start.safetensors
	$(BIN)/python -m train.reader $(DATA) --start runs/start.safetensors --out runs/first --without stories
	$(BIN)/python -m train.reader $(DATA) --start runs/first/reader.safetensors --out runs/second --without stories --epoch 1 --tokens 11.5 --rate 5e-5
	$(BIN)/python -m train.average runs/first/checkpoint.pt runs/second/checkpoint.pt --out runs/mean
	$(BIN)/python -m train.reader $(DATA) --start runs/mean/reader.safetensors --out runs/third --without stories --epoch 2 --tokens 2.2 --rate 3e-5 --newsroom 9000
	$(BIN)/python -m train.reader $(DATA) --start runs/third/reader.safetensors --out runs/fourth --epoch 3 --tokens 6.2 --stop 800 --rate 5e-5 --thin 6 --newsroom 2500
	$(BIN)/python -m train.reader $(DATA) --start runs/fourth/reader.safetensors --out runs/fifth --epoch 4 --tokens 4 --rate 4e-5 --thin 10 --newsroom 1500
	$(BIN)/python -m train.average runs/third/checkpoint.pt runs/fifth/checkpoint.pt --out runs/reader
	$(BIN)/python -m train.ranges $(DATA) runs/reader/reader.safetensors

ablations: $(DEV) ## what each part of the training examples adds, from DATA=FOLDER; hours on a processor
	$(BIN)/python -m train.squad $(DATA)
	$(BIN)/python -m train.start runs/start.safetensors
	$(BIN)/python -m train.ablations $(DATA) --start runs/start.safetensors --out runs/ablations

screenshots: $(DEV) ## the pictures of the README, from the sample library
	$(BIN)/python -m bench.screenshots

clean: ## remove the environment and the sample library
	rm -rf $(VENV) $(LIBRARY) build *.egg-info
