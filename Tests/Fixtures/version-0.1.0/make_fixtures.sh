#!/usr/bin/env bash
# Makes the files of this folder with a built `interchange` of version 0.1.0.
#
#   make_fixtures.sh BINARY MODELS SMOLLM2
#
# BINARY   the program `interchange`
# MODELS   Tests/Fixtures/models
# SMOLLM2  SmolLM2-135M-Instruct.Q4_1.gguf, for runs on a real model
#
# Everything runs in a folder of its own with relative paths, so that no record names a folder of the
# machine. Needs jq and python3.
set -euo pipefail

binary=$(realpath "$1")
models=$(realpath "$2")
smollm2=$(realpath "$3")
here=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

# --- Models and data -------------------------------------------------------------------------------

mkdir -p models/taught models/encoder
cp -r "$models/llama-gqa" models/
cp models/llama-gqa/{config.json,model.safetensors,tokenizer_config.json} models/taught/
python3 "$here/teach_verbs.py" models/llama-gqa/tokenizer.json models/taught/tokenizer.json
cp "$models"/bert-classifier/{config.json,model.safetensors} models/encoder/
cp "$here/data/encoder-vocab.txt" models/encoder/vocab.txt
ln -s "$smollm2" models/SmolLM2-135M-Instruct.Q4_1.gguf
cp -r "$here/data" .
decoder=models/llama-gqa taught=models/taught encoder=models/encoder
real=models/SmolLM2-135M-Instruct.Q4_1.gguf

# Runs a command; what it says is shown only when it fails.
run() {
  if ! "$binary" "$@" >output.txt 2>errors.txt; then
    echo "failed: interchange $*" >&2
    cat output.txt errors.txt >&2
    exit 1
  fi
}

# Keeps the named files of a folder that a command wrote.
keep() {
  local from=$1 to="$here/$2" file
  shift 2
  mkdir -p "$to"
  for file in "$@"; do cp "$from/$file" "$to/"; done
}

rm -rf "$here"/{runs,adapters,rotation,steering,search,state}

# --- A rotation, and runs of interchange and DAS ----------------------------------------------------

run das $taught --layer 1 --rank 2 --pairs 4096 --epochs 2 --batch 8 --seed 1 --out das-tiny
keep das-tiny rotation rotation.safetensors
keep das-tiny runs/das-tiny run.json
run sweep $taught --pairs 2048 --limit 8 --seed 1 --out sweep
keep sweep runs/sweep run.json
run sweep $taught --pairs 2048 --limit 8 --seed 1 --site attention_value_output --head all --out sweeps
keep sweeps runs/sweeps run.json
run das $real --layer 20 --rank 2 --pairs 96 --epochs 2 --out das
keep das runs/das run.json
run das $real --layer 20 --boundless --pairs 96 --epochs 2 --out das-boundless
keep das-boundless runs/das-boundless run.json
run attention $real --text "The keys to the cabinet" --layers 8 --heads 0,3 --out attention
keep attention runs/attention run.json
run demo --out equality
keep equality runs/equality run.json
run demo $real --out demo
keep demo runs/demo run.json
run growth $decoder --batch 2 --length 8 --layer 1 --rank 4 --steps 1 --out growth
keep growth runs/growth run.json

# A record from before there could be several sweeps.
mkdir -p "$here/runs/single-sweep"
jq '.version = "0.0.9" | .results = {sweep: .results.sweeps[0]}' sweep/run.json \
  >"$here/runs/single-sweep/run.json"

# --- Runs of fine-tuning ---------------------------------------------------------------------------

run finetune $decoder --data data/verbs.csv --test-share 0.3 --answers choose --method lora --rank 2 \
  --epochs 3 --batch 4 --out finetune
keep finetune runs/finetune run.json
run compare $decoder --data data/verbs.csv --test-share 0.3 --answers choose --epochs 3 --batch 4 \
  --methods loreft:rank=2:positions=l1,red --seeds 2 --out compare
keep compare runs/compare run.json
run finetune $encoder --data data/sts-b.tsv --test-share 0.3 --method lora --rank 2 --epochs 3 \
  --batch 4 --out finetune-numbers
keep finetune-numbers runs/finetune-numbers run.json
run evaluate $decoder --data data/verbs.csv --answers choose --out evaluate
keep evaluate runs/evaluate run.json
run tune $decoder --data data/verbs.csv --answers choose --development-share 0.3 --batch 4 \
  --methods loreft:rank=1/2:positions=l1/f1+l1:rate=1e-3/1e-2,lora:rank=1/2 --budget-steps 60 \
  --trials 6 --out tune
keep tune runs/tune run.json
keep tune search choices.json
run finetune $real --data data/verbs.csv --method loreft --layers 20 --positions l1 --rank 2 \
  --steps 4 --batch 8 --development-share 0 --answers loss --out finetune-real
run examine $real --adapter finetune-real --task agreement --pairs 96 --out examine
keep examine runs/examine run.json

# --- Steering --------------------------------------------------------------------------------------

run steer $decoder --pairs data/contrasts.jsonl --layers 1-2 --coefficient 4 --prompt "the cat" \
  --max-tokens 6 --out steer
keep steer runs/steer run.json
keep steer steering adapter.safetensors control-vector.gguf
run steer $decoder --vectors steer/control-vector.gguf --prompt "the cat" --max-tokens 6 \
  --out steer-given
keep steer-given runs/steer-given run.json

# --- An adapter of every method --------------------------------------------------------------------

echo '[]' >adapters.json
# Measures a model, with an adapter where one is named: its loss.
loss() {
  run evaluate "$@" --json --threads 1
  jq .loss output.txt
}
# Trains an adapter: adapter NAME BASE DATA ANSWERS METHOD OPTION…
adapter() {
  local name=$1 base=$2 data=$3 answers=$4 method=$5
  shift 5
  run finetune "models/$base" --data "data/$data" --answers "$answers" --method "$method" --steps 6 \
    --batch 4 --learning-rate 0.02 --development-share 0 --threads 1 --out "adapters/$name" "$@"
  keep "adapters/$name" "adapters/$name" adapter.safetensors
  local head=false untuned=null tuned parameters
  if [ -e "adapters/$name/head.safetensors" ]; then
    keep "adapters/$name" "adapters/$name" head.safetensors
    head=true
  else
    untuned=$(loss "models/$base" --data "data/$data" --answers "$answers")
  fi
  tuned=$(loss "models/$base" --data "data/$data" --answers "$answers" --adapter "adapters/$name")
  parameters=$(jq '.results.comparisons[0].methods[0].parameters' "adapters/$name/run.json")
  jq --arg name "$name" --arg method "$method" --arg base "$base" --arg data "$data" \
    --arg answers "$answers" --argjson head $head --argjson untuned "$untuned" \
    --argjson loss "$tuned" --argjson parameters "$parameters" \
    '. + [{name: $name, method: $method, base: $base, data: $data, answers: $answers,
      hasHead: $head, parameters: $parameters, untuned: $untuned, loss: $loss}]' \
    adapters.json >more.json
  mv more.json adapters.json
}
for form in loreft noreft consreft lobireft direft nodireft; do
  adapter $form llama-gqa pairs.jsonl loss $form --rank 2 --positions f1+l1
done
adapter loreft-separate llama-gqa pairs.jsonl loss loreft --rank 2 --positions f2+l2 --separate \
  --dropout 0.1 --layers 0,2
subspace="--subspace das-tiny/rotation.safetensors"
adapter loreft-start llama-gqa pairs.jsonl loss loreft --positions all $subspace --use start
adapter loreft-fixed llama-gqa pairs.jsonl loss loreft --positions every $subspace --use fixed
adapter loreft-constrained llama-gqa pairs.jsonl loss loreft --rank 1 --positions=-1 $subspace \
  --use constrained
adapter direft-silu llama-gqa pairs.jsonl loss direft --rank 2 --positions l1 --activation silu \
  --site mlp_output
adapter red llama-gqa pairs.jsonl loss red
adapter steering llama-gqa verbs.csv loss steering --layers 1,2
adapter lora llama-gqa pairs.jsonl loss lora --rank 2 --alpha 4
adapter lora-all llama-gqa pairs.jsonl loss lora --rank 1 --projections all --layers 0-1
adapter serial-adapter llama-gqa pairs.jsonl loss serial-adapter --rank 2
adapter parallel-adapter llama-gqa pairs.jsonl loss parallel-adapter --rank 2 --activation gelu
adapter diff-pruning llama-gqa pairs.jsonl loss diff-pruning --keep 0.05
adapter full llama-gqa pairs.jsonl loss full --projections query,up
adapter prompt-tuning llama-gqa pairs.jsonl loss prompt-tuning --tokens 3
adapter prompt-ensemble llama-gqa pairs.jsonl loss prompt-tuning --tokens 2 --members 3
adapter p-tuning llama-gqa pairs.jsonl loss p-tuning --tokens 3
adapter prefix-tuning llama-gqa pairs.jsonl loss prefix-tuning --tokens 3
adapter prefix-direct llama-gqa pairs.jsonl loss prefix-tuning --tokens 2 --encoder-width 0
adapter probe llama-gqa verbs.csv label probe
adapter lora-head llama-gqa verbs.csv label lora --rank 2 --pooling mean
adapter encoder-loreft encoder claims.csv label loreft --rank 2 --positions f1
adapter encoder-lora-head encoder films.csv label lora --rank 2
adapter bitfit encoder films.csv label bitfit --pooling mean
adapter encoder-prefix-head encoder films.csv label prefix-tuning --tokens 2
adapter encoder-probe encoder films.csv label probe
adapter encoder-numbers encoder sts-b.tsv label red
jq . adapters.json >"$here/adapters/expected.json"
tuned=$(loss $decoder --data data/pairs.jsonl --answers loss --adapter steer)
jq -n --argjson loss "$tuned" '{loss: $loss}' >"$here/steering/expected.json"

# --- The state of an interrupted training ----------------------------------------------------------

echo '[]' >states.json
# Trains unbroken, then again up to a kill: state NAME BASE DATA ANSWERS METHOD OPTION…
state() {
  local name=$1 base=$2 data=$3 answers=$4 method=$5
  shift 5
  local words=(finetune "models/$base" --data "data/$data" --answers "$answers" --method "$method"
    --rank 2 --dropout 0.1 --batch 4 --learning-rate 0.01 --clip 1 --development-share 0.2
    --evaluate-every 10 --save-every 1 --seed 3 --threads 1 "$@")
  run "${words[@]}" --out "unbroken/$name"
  local log="state/$name/log.jsonl"
  "$binary" "${words[@]}" --out "state/$name" >output.txt 2>errors.txt &
  local training=$!
  until [ "$( (grep -c '"loss"' "$log" 2>/dev/null) || true)" -ge 20 ] 2>/dev/null; do
    kill -0 $training || { cat errors.txt >&2; exit 1; }
  done
  kill -KILL $training
  wait $training 2>/dev/null || true
  if [ -e "state/$name/adapter.safetensors" ]; then
    echo "state/$name: ended before it was interrupted; ask for more epochs" >&2
    exit 1
  fi
  keep "state/$name" "state/$name" checkpoint.safetensors log.jsonl
  jq --arg name "$name" --arg base "$base" --arg data "$data" --arg answers "$answers" \
    --arg method "$method" --slurpfile run "unbroken/$name/run.json" \
    '$run[0].results.comparisons[0].methods[0] as $method_run | . + [{name: $name, base: $base,
      data: $data, answers: $answers, method: $method, settings: $method_run.settings,
      configuration: $method_run.configuration, history: $method_run.seeds[0].history}]' \
    states.json >more.json
  mv more.json states.json
}
state decoder llama-gqa pairs.jsonl loss loreft --positions f1+l1 --epochs 60
state encoder encoder films.csv label lora --epochs 60
jq . states.json >"$here/state/expected.json"

du -sh "$here"
