"""Runs a GGUF model in transformers (dequantised, float32) and sums up its logits in JSON."""

import hashlib
import json
import pathlib
import time

import gguf
import torch
from transformers import AutoConfig, AutoModelForCausalLM

STRIDED = 64
TOP = 5


def load(path):
    """The model, its weights as float32, checked to share its head with its embedding or not."""
    folder, name = str(path.parent), path.name
    config = AutoConfig.from_pretrained(folder, gguf_file=name)
    if config.pad_token_id is not None and config.pad_token_id >= config.vocab_size:
        config.pad_token_id = None  # Some files write "no token" as 2³² − 1.
    model = AutoModelForCausalLM.from_pretrained(
        folder,
        gguf_file=name,
        config=config,
        dtype=torch.float32,
        attn_implementation="eager",
    ).eval()
    model.requires_grad_(False)
    tied = model.lm_head.weight.data_ptr() == model.model.embed_tokens.weight.data_ptr()
    assert tied == config.tie_word_embeddings
    return model


def vocabulary(path):
    """The tokenizer's fields of a GGUF file, without their common prefix."""
    prefix = "tokenizer.ggml."
    fields = gguf.GGUFReader(path).fields
    return {
        name.removeprefix(prefix): field.contents()
        for name, field in fields.items()
        if name.startswith(prefix)
    }


def header(path, model):
    return {
        "file": path.name,
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "stride": model.config.vocab_size // STRIDED,
    }


def rounded(values):
    """Seven significant digits: what a float32 carries."""
    return [float(f"{value:.7g}") for value in values.tolist()]


def summary(logits):
    """The highest logits and some at a fixed stride, of one position's `[vocabulary]`."""
    top = logits.topk(TOP)
    return {
        "top_ids": top.indices.tolist(),
        "top_logits": rounded(top.values),
        "strided_logits": rounded(logits[:: len(logits) // STRIDED][:STRIDED]),
    }


def greedy(model, ids, count):
    """`count` greedy tokens (none ends it), and the smallest lead that one of them had."""
    ids, lead = list(ids), float("inf")
    start = len(ids)
    for _ in range(count):
        logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
        top = logits.topk(2)
        lead = min(lead, (top.values[0] - top.values[1]).item())
        ids.append(top.indices[0].item())
    return {"continuation": ids[start:], "smallest_lead": float(f"{lead:.4g}")}


def timed(model, ids, runs=5):
    """Seconds of the fastest of a few forward passes without a key/value store."""
    seconds = []
    for _ in range(runs):
        start = time.perf_counter()
        model(input_ids=torch.tensor([ids]), use_cache=False)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def write(path, document):
    """One entry of each list to a line."""
    lines = []
    for name, value in document.items():
        if isinstance(value, list):
            rows = ",\n".join("    " + json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f'  "{name}": [\n{rows}\n  ]')
        else:
            lines.append(f'  "{name}": {json.dumps(value)}')
    pathlib.Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")
    print(f"{path}: {pathlib.Path(path).stat().st_size} bytes")
