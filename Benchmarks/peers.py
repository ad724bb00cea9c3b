"""Times with transformers, pyvene and pyreft what `interchange bench` times.

    python peers.py WHAT --model FOLDER [--batch 16 --length 64 --layer 15 --rank 16 --steps 20]
    python peers.py loreft --model FOLDER --data PAIRS.jsonl

Prints one JSON document of the same shape. Everything is float32, from the same folder, with
random tokens of the same lengths, on the number of threads given. The median is over steps after
one that is not counted.

Two ways of using the peer can be timed where they differ:

- `documented`: as the peer's documentation and its trainer do it. The logits of all positions are
  computed, in the source run too, and the loss is taken from those that count.
- `lean`: as somebody who knows transformers well can do it, without changing a line of the peer:
  the logits of the positions that count only (`logits_to_keep`); of texts, batches of similar length
  too (the order of the Trainer's `group_by_length`).

With `--data` loreft and lora train on texts, and an epoch is what is timed: shuffled, each batch padded
to its longest and masked, by pyreft's data module and transformers' collator. The completions don't end
with a token of their own, as ours don't by default.

Where it helped in both, without `--data`: no gradient for the frozen weights, no attention mask (nothing is padded),
no key/value cache outside generation, one tensor of positions for the whole batch (pyvene's
`use_fast`), the batches made beforehand, no gradient clipping, no schedule, no logging.
"""

import argparse
import contextlib
import json
import os
import pathlib
import resource
import statistics
import sys
import time

# The folder is on disk: nothing is to be looked for elsewhere.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")
os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

SWEEP_POSITIONS = 8
SWEEP_SAMPLE = 12
FIT_SAMPLE = 10
REFT_POSITIONS = "f7+l7"
REFT_RANK = 8
REFT_TARGETS = 16
GENERATE_PROMPT = 32
GENERATE_TOKENS = 64


def load(arguments):
    return AutoModelForCausalLM.from_pretrained(arguments.model, dtype=torch.float32).eval()


def random_tokens(model, *shape):
    return torch.randint(model.config.vocab_size, shape)


def timed(step, steps):
    """Runs `step` once uncounted and then `steps` times.

    A training step returns its loss: one that stays the same to the last digit trains nothing, and
    its time would say nothing.
    """
    losses = [step()]
    seconds, faults = [], []
    for _ in range(steps):
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
        start = time.perf_counter()
        losses.append(step())
        seconds.append(time.perf_counter() - start)
        faults.append(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
    result = {
        "median_s": statistics.median(seconds),
        "min_s": min(seconds),
        "total_s": sum(seconds),
        "steps": steps,
        "minor_faults_per_step": statistics.median(faults),
    }
    if losses[0] is not None:
        if losses[0] == losses[-1]:
            sys.exit("peers: the training step does not change the loss")
        result |= {"first_loss": losses[0], "last_loss": losses[-1]}
    return result


def scaled(result, whole, unit):
    """The time of `whole` steps: their sum, or from the median of those that were timed."""
    if result["steps"] == whole:
        return result | {"median_s": result["total_s"], "min_s": result["total_s"]}
    return result | {
        "median_s": result["median_s"] * whole,
        "min_s": result["min_s"] * whole,
        "scaled_from": f"{result['steps']} of {whole} {unit}",
    }


def forward_flops(config, batch, length):
    """Multiplications and additions of the matrix products: weights, and causal attention."""
    width, head = config.hidden_size, config.head_dim
    attention = 2 * width * head * (config.num_attention_heads + config.num_key_value_heads)
    layer = attention + 3 * width * config.intermediate_size
    weights = config.num_hidden_layers * layer + config.vocab_size * width
    cells = length * (length + 1) // 2  # a position sees itself and those before
    mixing = config.num_hidden_layers * 2 * config.num_attention_heads * head * cells
    return 2 * batch * (length * weights + mixing)


# What is run


def forward(arguments):
    """A plain forward pass, the logits of all positions."""
    model = load(arguments)
    tokens = random_tokens(model, arguments.batch, arguments.length)

    def step():
        with torch.inference_mode():
            model(input_ids=tokens, use_cache=False).logits

    result = timed(step, arguments.steps)
    flops = forward_flops(model.config, arguments.batch, arguments.length)
    return result | {"gflops": flops / result["median_s"] / 1e9}


def interchange_model(model, layer, intervention, **settings):
    import pyvene

    setting = {"layer": layer, "component": "block_output", **settings}
    config = pyvene.IntervenableConfig([setting], intervention_types=intervention)
    intervenable = pyvene.IntervenableModel(config, model=model)
    intervenable.disable_model_gradients()
    return intervenable


def run_inputs(tokens, lean):
    """What pyvene hands to the model; it takes the batch's size from the first entry."""
    inputs = {"input_ids": tokens, "use_cache": False}
    return inputs | {"logits_to_keep": 1} if lean else inputs


def das_step(arguments, model, pairs):
    """One step of a distributed alignment search, over `pairs` in turn."""
    import pyvene

    intervenable = interchange_model(
        model,
        arguments.layer,
        pyvene.LowRankRotatedSpaceIntervention,
        low_rank_dimension=arguments.rank,
    )
    optimizer = torch.optim.Adam(intervenable.get_trainable_parameters(), lr=1e-3)
    lean, last = arguments.way == "lean", arguments.length - 1
    batches = []
    for _ in range(pairs // arguments.batch):
        base, source = random_tokens(model, 2, arguments.batch, arguments.length)
        labels = random_tokens(model, arguments.batch)
        batches.append((run_inputs(base, lean), run_inputs(source, lean), labels))
    turn = 0

    def step():
        nonlocal turn
        base, source, labels = batches[turn % len(batches)]
        turn += 1
        _, output = intervenable(base, [source], {"sources->base": (last, last)})
        loss = torch.nn.functional.cross_entropy(output.logits[:, -1], labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def das(arguments):
    """A training step: base run, source run, backward pass, Adam."""
    return timed(das_step(arguments, load(arguments), arguments.batch), arguments.steps)


def fit(arguments):
    """A whole fit; every step runs base and source, so a sample of the steps is scaled."""
    model = load(arguments)
    whole = arguments.pairs // arguments.batch * arguments.epochs
    step = das_step(arguments, model, arguments.pairs)
    sample = whole if arguments.full else min(FIT_SAMPLE, whole)
    return scaled(timed(step, sample), whole, "training steps")


def sweep(arguments):
    """The whole vector swapped at all layers × the last positions, in batches of pairs."""
    import pyvene

    model = load(arguments)
    lean = arguments.way == "lean"
    base, source = random_tokens(model, 2, arguments.batch, arguments.length)
    layers = range(model.config.num_hidden_layers)
    positions = range(arguments.length - SWEEP_POSITIONS, arguments.length)
    cells = [(layer, position) for layer in layers for position in positions]
    sample = cells
    if not arguments.full:
        # evenly over the layers
        stride = len(cells) / SWEEP_SAMPLE
        sample = [cells[int((i + 0.5) * stride)] for i in range(SWEEP_SAMPLE)]
    intervenables = {
        layer: interchange_model(model, layer, pyvene.VanillaIntervention)
        for layer in {layer for layer, _ in sample}
    }
    turn = 0

    def step():
        nonlocal turn
        layer, position = sample[turn % len(sample)]
        turn += 1
        with torch.inference_mode():
            _, output = intervenables[layer](
                run_inputs(base, lean),
                [run_inputs(source, lean)],
                {"sources->base": (position, position)},
            )
            output.logits[:, -1].argmax(-1)

    return scaled(timed(step, len(sample)), len(cells), "cells")


def loreft(arguments):
    """A training step of LoReFT at every layer, weights tied over the positions of a layer."""
    import pyreft

    model = load(arguments)
    layers = range(model.config.num_hidden_layers)
    width = model.config.hidden_size
    reft = pyreft.get_reft_model(
        model,
        pyreft.ReftConfig(
            representations=[
                {
                    "layer": layer,
                    "component": "block_output",
                    "low_rank_dimension": REFT_RANK,
                    "intervention": pyreft.LoreftIntervention(
                        embed_dim=width, low_rank_dimension=REFT_RANK, dtype=torch.float32
                    ),
                }
                for layer in layers
            ]
        ),
    )
    reft.train()
    positions = pyreft.get_intervention_locations(
        last_position=arguments.length - REFT_TARGETS,
        positions=REFT_POSITIONS,
        num_interventions=len(layers),
        share_weights=True,
    )
    locations = [[at] * arguments.batch for at in positions]

    def call(inputs, locations=locations, **labels):
        return reft(inputs, unit_locations={"sources->base": (None, locations)}, **labels)[1]

    parameters = reft.get_trainable_parameters()
    if not arguments.data:
        return training_steps(arguments, model, call, parameters)

    prompts, completions = read_pairs(arguments.data)
    tokenizer = padding_tokenizer(arguments, model)
    data = pyreft.make_multiple_position_supervised_data_module(
        tokenizer, model, prompts, completions, positions=REFT_POSITIONS,
        num_interventions=len(layers), share_weights=True, nonstop=True,
    )

    def call_on_texts(inputs, **labels):
        # as pyreft's trainer
        locations = inputs.pop("intervention_locations").permute(1, 0, 2).tolist()
        return call(inputs, locations, **labels)

    return training_epochs(
        arguments, data["train_dataset"], data["data_collator"], call_on_texts, parameters
    )


def optimizer_of(parameters):
    # As the trainers', without weight decay: torch keeps signs of pyreft's rotation on the diagonal of
    # a parameter and truncates them to integers, so that any decay makes the whole rotation zero.
    return torch.optim.AdamW(parameters, lr=9e-4, weight_decay=0)


def training_steps(arguments, model, call, parameters):
    """Steps on random tokens whose last ones are the targets; `call` runs the adapted model."""
    optimizer = optimizer_of(parameters)
    tokens = random_tokens(model, arguments.batch, arguments.length)
    labels = tokens.clone()
    labels[:, : arguments.length - REFT_TARGETS] = -100
    inputs = {"input_ids": tokens, "use_cache": False}
    if arguments.way == "lean":
        # the logits that foretell the targets, and the last one, which foretells nothing
        inputs["logits_to_keep"] = REFT_TARGETS + 1
    targets = tokens[:, -REFT_TARGETS:].flatten()

    def run():
        if arguments.way == "documented":
            return call(inputs, labels=labels).loss
        logits = call(inputs).logits[:, :-1]
        return torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets)

    return timed(lambda: stepped(optimizer, run()), arguments.steps)


def stepped(optimizer, loss):
    """The loss, after a step down its gradient."""
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


def read_pairs(path):
    """The prompts and completions of a file of JSON lines."""
    pairs = [json.loads(line) for line in path.read_text().splitlines()]
    return [pair["prompt"] for pair in pairs], [pair["completion"] for pair in pairs]


def padding_tokenizer(arguments, model):
    tokenizer = AutoTokenizer.from_pretrained(arguments.model, padding_side="right")
    tokenizer.model_max_length = model.config.max_position_embeddings
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.unk_token
    return tokenizer


def training_epochs(arguments, dataset, collate, call, parameters):
    """Epochs over texts in padded batches; `call` runs the adapted model."""
    from transformers.trainer_pt_utils import get_length_grouped_indices

    optimizer = optimizer_of(parameters)
    lean = arguments.way == "lean"
    lengths = [len(example["input_ids"]) for example in dataset]
    order = torch.randperm(len(lengths)).tolist()
    if lean:
        order = get_length_grouped_indices(lengths, arguments.batch, mega_batch_mult=16)
    batches = [
        collate([dataset[i] for i in order[start : start + arguments.batch]])
        for start in range(0, len(order), arguments.batch)
    ]

    def loss(batch):
        labels = batch.pop("labels")
        if not lean:
            return call(batch, labels=labels).loss
        # the logits that foretell a token that is learned
        labels = torch.nn.functional.pad(labels[:, 1:], (0, 1), value=-100)
        keep = labels != -100
        logits = call(batch | {"logits_to_keep": keep}).logits
        return torch.nn.functional.cross_entropy(logits, labels[keep])

    def epoch():
        return statistics.mean(
            stepped(optimizer, loss({**batch, "use_cache": False})) for batch in batches
        )

    result = timed(epoch, arguments.steps)
    return result | {
        "examples": len(lengths),
        "tokens": sum(lengths),
        "padded_tokens": sum(batch["input_ids"].numel() for batch in batches),
    }


def lora(arguments):
    """A training step of LoRA on the queries and values of every layer."""
    import torch.distributed.tensor  # noqa: F401, or peft fails to import
    import peft

    model = peft.get_peft_model(
        load(arguments),
        peft.LoraConfig(
            r=REFT_RANK, lora_alpha=2 * REFT_RANK, target_modules=["q_proj", "v_proj"],
            task_type="CAUSAL_LM",
        ),
    )
    model.train()
    trained = [parameter for parameter in model.parameters() if parameter.requires_grad]
    if not arguments.data:
        return training_steps(
            arguments, model, lambda inputs, **labels: model(**inputs, **labels), trained
        )

    from transformers import DataCollatorForSeq2Seq

    tokenizer = padding_tokenizer(arguments, model)
    dataset = []
    for prompt, completion in zip(*read_pairs(arguments.data)):
        # as pyreft's data module
        tokens = tokenizer(prompt + completion)["input_ids"]
        start = len(tokenizer(prompt)["input_ids"])
        dataset.append({"input_ids": tokens, "labels": [-100] * start + tokens[start:]})
    return training_epochs(
        arguments, dataset, DataCollatorForSeq2Seq(tokenizer, model),
        lambda inputs, **labels: model(**inputs, **labels), trained,
    )


def generate(arguments):
    """Greedy decoding of one prompt; seconds a token, the prompt's pass included."""
    model = load(arguments)
    prompt = random_tokens(model, 1, GENERATE_PROMPT)
    mask = torch.ones_like(prompt)
    # no token ends it, so that every call makes the same number
    model.generation_config.eos_token_id = None
    model.generation_config.pad_token_id = 0

    def step():
        with torch.inference_mode():
            output = model.generate(
                prompt,
                attention_mask=mask,
                do_sample=False,
                use_cache=True,
                max_new_tokens=GENERATE_TOKENS,
            )
        assert output.shape[1] == GENERATE_PROMPT + GENERATE_TOKENS

    result = timed(step, arguments.steps)
    for key in ("median_s", "min_s"):
        result[key] /= GENERATE_TOKENS
    return result | {"tokens": GENERATE_TOKENS}


def startup(arguments):
    """Everything from the start of the process to a prediction: who starts it takes the time."""
    tokenizer = AutoTokenizer.from_pretrained(arguments.model)
    model = load(arguments)
    with torch.inference_mode():
        logits = model(**tokenizer(arguments.text, return_tensors="pt")).logits[0, -1]
    top = logits.topk(5)
    return {
        "top": [
            {"token": tokenizer.decode(token), "logit": logit}
            for token, logit in zip(top.indices.tolist(), top.values.tolist())
        ]
    }


WHAT = {
    function.__name__: function
    for function in (forward, das, fit, sweep, loreft, lora, generate, startup)
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", choices=WHAT)
    parser.add_argument("--model", type=pathlib.Path, required=True)
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--length", type=int, default=64)
    parser.add_argument("--layer", type=int, default=15)
    parser.add_argument("--rank", type=int, default=16)
    parser.add_argument("--steps", type=int, default=20)
    parser.add_argument("--data", type=pathlib.Path, help="prompts and completions, JSON lines")
    parser.add_argument("--pairs", type=int, default=128)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--text", default="The capital of France is", help="of startup")
    parser.add_argument("--way", choices=("documented", "lean"), default="documented")
    parser.add_argument("--full", action="store_true", help="time every step of fit and sweep")
    parser.add_argument("--json", action="store_true", help="the only output there is")
    arguments = parser.parse_args()

    torch.set_num_threads(arguments.threads)
    torch.manual_seed(0)
    with contextlib.redirect_stdout(sys.stderr):  # pyvene prints when it is imported
        result = WHAT[arguments.what](arguments)
    usage = resource.getrusage(resource.RUSAGE_SELF)
    document = {"what": arguments.what, "way": arguments.way, "threads": arguments.threads}
    document |= result | {"peak_rss_mib": usage.ru_maxrss / 1024}
    print(json.dumps(document))


if __name__ == "__main__":
    main()
