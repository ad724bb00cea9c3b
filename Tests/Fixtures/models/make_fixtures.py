"""Writes the tiny LLaMA checkpoints and what transformers computes with them.

    python make_fixtures.py [OUTPUT_FOLDER]

Needs torch, transformers, tokenizers, safetensors and gguf; runs in a minute on one core and
writes the same bytes each time. README.md lists the keys.
"""

import json
import pathlib
import random
import shutil
import sys

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from transformers import LlamaConfig, LlamaForCausalLM

from sites import (
    HEAD_SITES,
    SITES,
    Interchange,
    captured,
    edited,
    heads_of,
    interchanged,
    logits_of,
)
from tiny_vocabulary import TEXTS, encode, write_tokenizer
from write_gguf import write_gguf

VOCABULARY = 61
LAYERS = 3
# Small enough that weights, activations and gradients of every site fit the repository.
HIDDEN = 16
INTERMEDIATE = 24

COMMON = dict(
    vocab_size=VOCABULARY,
    hidden_size=HIDDEN,
    intermediate_size=INTERMEDIATE,
    num_hidden_layers=LAYERS,
    max_position_embeddings=512,
    rms_norm_eps=1e-5,
    bos_token_id=0,
    eos_token_id=0,
    attn_implementation="eager",
)

VARIANTS = {
    "llama-mha": dict(
        num_attention_heads=4,
        num_key_value_heads=4,
        tie_word_embeddings=False,
        rope_parameters={"rope_type": "default", "rope_theta": 10000.0},
    ),
    "llama-gqa": dict(
        num_attention_heads=4,
        num_key_value_heads=2,
        tie_word_embeddings=True,
        rope_parameters={"rope_type": "default", "rope_theta": 100000.0},
    ),
    # One key/value head, heads wider than hidden / heads, biases, scaled rotary frequencies. The
    # short original context puts frequencies in all three of the scaling's ranges.
    "llama-bias": dict(
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=16,
        attention_bias=True,
        mlp_bias=True,
        tie_word_embeddings=False,
        rope_parameters={
            "rope_type": "llama3",
            "rope_theta": 10000.0,
            "factor": 8.0,
            "low_freq_factor": 1.0,
            "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
    ),
}

PROMPT_LENGTHS = [7, 5, 1, 9]
GRADIENT_PROMPT = 0


def random_model(options, generator):
    """A LLaMA model whose activations are of the order of one at every site."""
    model = LlamaForCausalLM(LlamaConfig(**COMMON, **options)).float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name:
                parameter.copy_(1 + 0.2 * noise)
            elif "embed_tokens" in name:
                parameter.copy_(0.5 * noise)
            else:
                parameter.copy_(0.25 * noise)
    return model


def orthonormal_rows(rows, columns, generator):
    return torch.linalg.qr(torch.randn(columns, rows, generator=generator)).Q.T.contiguous()


class Expected:
    """What a variant's `expected.safetensors` and `expected.json` will hold."""

    def __init__(self, model, seed):
        self.model = model
        self.generator = torch.Generator().manual_seed(seed)
        self.random = random.Random(seed)
        self.tensors = {}
        lengths = PROMPT_LENGTHS
        self.prompts = [self.token_ids(length) for length in lengths]
        self.targets = [self.token_ids(length) for length in lengths]
        self.document = {"prompts": self.prompts, "targets": self.targets}

    def token_ids(self, count):
        return [self.random.randrange(VOCABULARY) for _ in range(count)]

    def keep(self, key, tensor):
        assert key not in self.tensors, key
        self.tensors[key] = tensor.detach().clone().contiguous()
        return key

    def write(self, folder):
        save_file(self.tensors, folder / "expected.safetensors")
        # One patch to a line: the file stays short and a change to it readable.
        lines = []
        for name, value in self.document.items():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                rows = ",\n".join("    " + json.dumps(row) for row in value)
                lines.append(f'  "{name}": [\n{rows}\n  ]')
            else:
                lines.append(f'  "{name}": {json.dumps(value)}')
        text = "{\n" + ",\n".join(lines) + "\n}\n"
        (folder / "expected.json").write_text(text)


def add_activations(expected):
    """`p{i}.logits`, `p{i}.{site}.{layer}` and, of one prompt, `p{i}.grad.{site}.{layer}`."""
    losses = []
    for index, (ids, targets) in enumerate(zip(expected.prompts, expected.targets)):
        logits, activations = captured(expected.model, ids, retain_gradients=True)
        loss = F.cross_entropy(logits, torch.tensor(targets))
        losses.append(loss.item())
        loss.backward()
        expected.keep(f"p{index}.logits", logits)
        for (site, layer), activation in activations.items():
            assert activation.abs().mean() > 0.01, (site, layer)
            expected.keep(f"p{index}.{site}.{layer}", activation[0])
            if index == GRADIENT_PROMPT:
                expected.keep(f"p{index}.grad.{site}.{layer}", activation.grad[0])
    expected.document["losses"] = losses
    expected.document["gradient_prompt"] = GRADIENT_PROMPT


def reaches_last_position(site, layer):
    """Whether an edit before the last position can change the last position's logits."""
    return layer < LAYERS - 1 or site in (
        "block_input",
        "attention_input",
        "key_output",
        "value_output",
        "head_key_output",
        "head_value_output",
    )


def random_interchange(expected, pair, site, layer, head, count):
    """An interchange of `count` positions, at random places that can matter."""
    base, source = pair
    base_length = len(expected.prompts[base])
    source_length = len(expected.prompts[source])
    base_positions = sorted(expected.random.sample(range(base_length), count))
    if not reaches_last_position(site, layer):
        base_positions[-1] = base_length - 1
    source_positions = expected.random.sample(range(source_length), count)
    return Interchange(source, site, layer, head, base_positions, source_positions)


def effective(expected, base, make):
    """An interchange set, its patched logits, and how far it moves them; retried until it does."""
    clean = logits_of(expected.model, expected.prompts[base])[-1]
    for _ in range(50):
        interchanges = make()
        logits = interchanged(expected.model, expected.prompts, base, interchanges)[-1]
        effect = (logits - clean).abs().max().item()
        if effect > 1e-2:
            return interchanges, logits, effect
    raise RuntimeError(f"no effect: {interchanges}")


def described(interchange):
    return {
        "source": interchange.source,
        "site": interchange.site,
        "layer": interchange.layer,
        "head": interchange.head,
        "base_positions": interchange.base_positions,
        "source_positions": interchange.source_positions,
    }


def single_plan(model):
    """(site, layer, head, number of positions): every site and layer, then heads and sets."""
    plan = [(site, layer, None, 1) for site in SITES for layer in range(LAYERS)]
    for offset, site in enumerate(HEAD_SITES):
        heads = heads_of(site, model.config)
        for layer in range(LAYERS):
            plan.append((site, layer, (layer + offset) % heads, 1))
        plan.append((site, 1, heads - 1, 2))
    for offset, site in enumerate(SITES):
        plan.append((site, offset % LAYERS, None, 2 + offset % 3))
    return plan


def add_patches(expected):
    """Single interchanges (`patches`) and several at once (`patches2`)."""
    # Bases and sources of equal and different lengths; prompt 2 has a single token.
    pairs = [(0, 1), (3, 0), (1, 3), (0, 3), (2, 0), (3, 2), (1, 0)]
    patches = []
    for number, (site, layer, head, count) in enumerate(single_plan(expected.model)):
        fitting = [
            pair for pair in pairs if min(len(expected.prompts[index]) for index in pair) >= count
        ]
        if site in ("query_output", "key_output", "head_query_output", "head_key_output"):
            # With one token attention has one key, whatever the query and key.
            fitting = [pair for pair in fitting if len(expected.prompts[pair[0]]) > 1]
        pair = fitting[number % len(fitting)]

        def make():
            return [random_interchange(expected, pair, site, layer, head, count)]

        (interchange,), logits, effect = effective(expected, pair[0], make)
        key = expected.keep(f"patch{number}.logits", logits)
        row = {"base": pair[0], **described(interchange), "logits": key}
        patches.append({**row, "effect": round(effect, 4)})
    expected.document["patches"] = patches

    head = "head_attention_value_output"
    plans = [
        (0, [(1, "block_output", 0, None, 1), (3, "block_output", 1, None, 1)]),
        (3, [(0, "attention_output", 0, None, 2), (1, "mlp_output", 1, None, 1)]),
        (1, [(3, "mlp_hidden", 0, None, 1), (3, "key_output", 2, None, 2)]),
        (0, [(3, "attention_output", 1, None, 1), (1, "mlp_output", 1, None, 1)]),
        (3, [(0, head, 1, 0, 1), (1, "head_query_output", 2, 1, 1)]),
        (3, [(0, head, 1, 0, 2), (0, head, 1, 1, 1)]),
    ]
    patches2 = []
    for number, (base, edits) in enumerate(plans):

        def make():
            return [random_interchange(expected, (base, edit[0]), *edit[1:]) for edit in edits]

        interchanges, logits, effect = effective(expected, base, make)
        key = expected.keep(f"patch2_{number}.logits", logits)
        rows = [described(interchange) for interchange in interchanges]
        patches2.append({"base": base, "edits": rows, "logits": key, "effect": round(effect, 4)})
    expected.document["patches2"] = patches2


def add_distributed(expected):
    """h + Rᵀ(R h_source − R h_base) at one position, and the loss's gradient for R."""
    base, source, layer, site = 0, 3, 1, "block_output"
    position = len(expected.prompts[base]) - 1
    source_position = len(expected.prompts[source]) - 1
    target = expected.token_ids(1)[0]
    width = expected.model.config.hidden_size
    rotation = orthonormal_rows(3, width, expected.generator).requires_grad_()
    with torch.no_grad():
        _, activations = captured(expected.model, expected.prompts[source], [site], [layer])
    source_row = activations[(site, layer)][0, source_position]

    def edit(activation):
        row = activation[position]
        row = row + (rotation @ source_row - rotation @ row) @ rotation
        return torch.cat([activation[:position], row[None], activation[position + 1 :]])

    logits = edited(expected.model, expected.prompts[base], {(site, layer): edit})[-1]
    loss = F.cross_entropy(logits[None], torch.tensor([target]))
    (gradient,) = torch.autograd.grad(loss, [rotation])
    expected.document["distributed"] = {
        "base": base,
        "source": source,
        "site": site,
        "layer": layer,
        "base_positions": [position],
        "source_positions": [source_position],
        "target": target,
        "loss": loss.item(),
        "rotation": expected.keep("distributed.rotation", rotation),
        "logits": expected.keep("distributed.logits", logits),
        "grad_rotation": expected.keep("distributed.grad.rotation", gradient),
    }


def add_loreft(expected):
    """h + Rᵀ(W h + b − R h) at the first and last position, with the loss's gradients."""
    prompt, layer, site = 0, 1, "block_output"
    ids, targets = expected.prompts[prompt], expected.targets[prompt]
    positions = [0, len(ids) - 1]
    width = expected.model.config.hidden_size
    rotation = orthonormal_rows(3, width, expected.generator).requires_grad_()
    weight = (0.3 * torch.randn(3, width, generator=expected.generator)).requires_grad_()
    bias = torch.randn(3, generator=expected.generator).requires_grad_()

    def edit(activation):
        rows = activation[positions]
        rows = rows + (rows @ weight.T + bias - rows @ rotation.T) @ rotation
        return activation.index_copy(0, torch.tensor(positions), rows)

    logits = edited(expected.model, ids, {(site, layer): edit})
    loss = F.cross_entropy(logits, torch.tensor(targets))
    gradients = torch.autograd.grad(loss, [rotation, weight, bias])
    row = {"prompt": prompt, "site": site, "layer": layer, "positions": positions}
    row["loss"] = loss.item()
    row["logits"] = expected.keep("loreft.logits", logits)
    parameters = {"rotation": rotation, "weight": weight, "bias": bias}
    for (name, parameter), gradient in zip(parameters.items(), gradients):
        row[name] = expected.keep(f"loreft.{name}", parameter)
        row[f"grad_{name}"] = expected.keep(f"loreft.grad.{name}", gradient)
    expected.document["loreft"] = row


def fresh_folder(root, name):
    folder = root / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def save_model(model, folder, **options):
    model.save_pretrained(folder, **options)
    (folder / "generation_config.json").unlink(missing_ok=True)


def make_variant(root, name, options, seed):
    model = random_model(options, torch.Generator().manual_seed(seed))
    folder = fresh_folder(root, name)
    save_model(model, folder)
    expected = Expected(model, seed + 1)
    add_activations(expected)
    model.requires_grad_(False)
    add_patches(expected)
    add_distributed(expected)
    add_loreft(expected)
    if name == "llama-gqa":
        write_tokenizer(folder, VOCABULARY)
        expected.document["texts"] = [{"text": text, "ids": encode(text)} for text in TEXTS]
        write_gguf(model, root / "llama-gqa.gguf", VOCABULARY)
    expected.write(folder)
    counts = len(expected.document["patches"]), len(expected.document["patches2"])
    print(f"{name}: {len(expected.tensors)} tensors, {counts[0]} + {counts[1]} patches")
    return model


def make_sharded(root, seed):
    """bfloat16 in several files, with the configuration spelled as before transformers 5."""
    options = VARIANTS["llama-mha"]
    model = random_model(options, torch.Generator().manual_seed(seed)).to(torch.bfloat16)
    folder = fresh_folder(root, "llama-sharded")
    save_model(model, folder, max_shard_size="8KB")
    path = folder / "config.json"
    config = json.loads(path.read_text())
    config["rope_theta"] = config.pop("rope_parameters")["rope_theta"]
    config["rope_scaling"] = None
    config["torch_dtype"] = config.pop("dtype")
    del config["head_dim"]
    path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")

    # Read back as written: the weights of the files, the arithmetic of float32.
    model = LlamaForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    ).eval()
    expected = Expected(model, seed + 1)
    expected.document = {"prompts": expected.prompts[:1]}
    with torch.no_grad():
        expected.keep("p0.logits", logits_of(model, expected.prompts[0]))
    expected.write(folder)
    print(f"llama-sharded: {len(list(folder.glob('model-*.safetensors')))} shards")


def main():
    default = pathlib.Path(__file__).parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    torch.set_num_threads(1)
    for seed, (name, options) in enumerate(VARIANTS.items()):
        make_variant(root, name, options, seed=1000 + 10 * seed)
    make_sharded(root, seed=2000)
    made = [*VARIANTS, "llama-sharded", "llama-gqa.gguf"]
    paths = [path for name in made for path in [root / name, *(root / name).glob("*")]]
    total = sum(path.stat().st_size for path in paths if path.is_file())
    for path in paths:
        # safetensors writes files that only their owner can read.
        path.chmod(0o755 if path.is_dir() else 0o644)
    print(f"{total / 1000:.0f} kB in all")


if __name__ == "__main__":
    main()
