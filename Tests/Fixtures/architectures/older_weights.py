"""Weights as published files have them: under other names, or with more than is needed."""

import re

import torch

# What stands before all names but the head's in files that transformers writes now.
PREFIXES = {"gpt2": "transformer.", "bloom": "transformer.", "opt": "model."}
# Where a model's attention kept its mask, and what it put in the place of what is masked.
MASKS = {
    "gpt2": "h.{}.attn",
    "gpt_neo": "transformer.h.{}.attn.attention",
    "gptj": "transformer.h.{}.attn",
    "gpt_neox": "gpt_neox.layers.{}.attention",
}
# Heads that are in the file although they are tied: the copy, and what it is a copy of.
COPIES = {
    "xlm-roberta": {
        "lm_head.decoder.weight": "roberta.embeddings.word_embeddings.weight",
        "lm_head.decoder.bias": "lm_head.bias",
    },
    "distilbert": {"vocab_projector.weight": "distilbert.embeddings.word_embeddings.weight"},
    "electra": {"generator_lm_head.weight": "electra.embeddings.word_embeddings.weight"},
    "albert": {
        "predictions.decoder.weight": "albert.embeddings.word_embeddings.weight",
        "predictions.decoder.bias": "predictions.bias",
    },
    "mpnet": {
        "lm_head.decoder.weight": "mpnet.embeddings.word_embeddings.weight",
        "lm_head.decoder.bias": "lm_head.bias",
    },
    "deberta-v2": {
        "cls.predictions.decoder.weight": "deberta.embeddings.word_embeddings.weight",
        "cls.predictions.decoder.bias": "cls.predictions.bias",
    },
    "t5": {
        "encoder.embed_tokens.weight": "shared.weight",
        "decoder.embed_tokens.weight": "shared.weight",
        "lm_head.weight": "shared.weight",
    },
    "bart": {
        "model.encoder.embed_tokens.weight": "model.shared.weight",
        "model.decoder.embed_tokens.weight": "model.shared.weight",
        "lm_head.weight": "model.shared.weight",
    },
    "falcon": {"lm_head.weight": "transformer.word_embeddings.weight"},
    "qwen2": {"lm_head.weight": "model.embed_tokens.weight"},
}
# Encoders that kept the numbers of positions.
POSITIONS = {
    "xlm-roberta": "roberta.embeddings.position_ids",
    "electra": "electra.embeddings.position_ids",
    "albert": "albert.embeddings.position_ids",
    "mpnet": "mpnet.embeddings.position_ids",
    "deberta-v2": "deberta.embeddings.position_ids",
}


def older_weights(config, tensors):
    """The older form of a file's tensors, or nothing where it isn't another."""
    kind = config["model_type"]
    prefix = PREFIXES.get(kind, "")
    older = {name.removeprefix(prefix): tensor for name, tensor in tensors.items()}
    layers = {int(match[1]) for name in older if (match := re.search(r"\.?h\.(\d+)\.", name))}
    layers |= {int(match[1]) for name in older if (match := re.search(r"layers\.(\d+)\.", name))}
    if kind in MASKS:
        count = config.get("n_positions") or config["max_position_embeddings"]
        mask = torch.ones(count, count).tril()[None, None]
        for layer in layers:
            path = MASKS[kind].format(layer)
            # Of the type that it has in the published files.
            number = torch.float if kind == "gpt2" else torch.uint8
            older[f"{path}.bias"] = mask.to(number, copy=True)
            if kind != "gpt2":
                older[f"{path}.masked_bias"] = torch.tensor(-1e9)
            if kind == "gpt_neox":
                older[f"{path}.rotary_emb.inv_freq"] = torch.tensor([1.0, 0.1])
    if kind == "t5" and "lm_head.weight" in tensors:
        # There is nothing to copy with a head of its own.
        return None
    for name, source in COPIES.get(kind, {}).items():
        # Files with a head of its own, or with labels, have nothing to copy.
        if name not in tensors and source in tensors and not is_classifier(config):
            older[name] = tensors[source].clone()
    if kind == "t5":
        # Cross-attention has no relative positions: this is read by nobody.
        path = "decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"
        older[path] = torch.ones(config["relative_attention_num_buckets"], config["num_heads"])
    if kind in POSITIONS:
        older[POSITIONS[kind]] = torch.arange(config["max_position_embeddings"])[None]
    return None if older.keys() == tensors.keys() else older


def is_classifier(config):
    return "SequenceClassification" in config["architectures"][0]
