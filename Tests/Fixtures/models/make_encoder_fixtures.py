"""Writes the tiny BERT and RoBERTa checkpoints and what transformers computes with them.

    python make_encoder_fixtures.py [OUTPUT_FOLDER]

Needs torch, transformers and safetensors; writes the same bytes each time. README.md lists the keys.
"""

import pathlib
import sys

import torch
from transformers import (
    BertConfig,
    BertForMaskedLM,
    BertForSequenceClassification,
    RobertaConfig,
    RobertaForMaskedLM,
    RobertaForSequenceClassification,
)

from make_fixtures import (
    LAYERS,
    VOCABULARY,
    Expected,
    add_activations,
    add_distributed,
    add_loreft,
    add_patches,
    fresh_folder,
    save_model,
)

COMMON = dict(
    vocab_size=VOCABULARY,
    hidden_size=8,
    intermediate_size=12,
    num_attention_heads=2,
    num_hidden_layers=LAYERS,
    max_position_embeddings=24,
    attn_implementation="eager",
)

# RoBERTa's positions are counted from behind the padding id, and it has one token type.
BERT = dict(**COMMON, type_vocab_size=2)
ROBERTA = dict(
    **COMMON, type_vocab_size=1, pad_token_id=1, bos_token_id=0, eos_token_id=2, layer_norm_eps=1e-5
)
LABELS = dict(id2label={0: "entailment", 1: "neutral", 2: "contradiction"})
LABELS["label2id"] = {name: number for number, name in LABELS["id2label"].items()}

MASKED = {
    "bert": lambda: BertForMaskedLM(BertConfig(**BERT)),
    # Another activation, and a head that is not tied to the embedding table.
    "roberta": lambda: RobertaForMaskedLM(
        RobertaConfig(**ROBERTA, hidden_act="gelu_new", tie_word_embeddings=False)
    ),
}
CLASSIFIERS = {
    "bert-classifier": lambda: BertForSequenceClassification(BertConfig(**BERT, **LABELS)),
    "roberta-classifier": lambda: RobertaForSequenceClassification(
        RobertaConfig(**ROBERTA, **LABELS)
    ),
}
# Token ids, and the token types of pairs.
TEXTS = [([2, 7, 19, 60, 3], None), ([2], None), ([2, 30, 31, 3, 45, 44, 43, 3], [0] * 4 + [1] * 4)]


def randomized(model, seed):
    """Weights with which activations are of the order of one at every site."""
    generator = torch.Generator().manual_seed(seed)
    model = model.float().eval()
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            noise = torch.randn(parameter.shape, generator=generator)
            if "norm" in name.lower() and name.endswith("weight"):
                parameter.copy_(1 + 0.2 * noise)
            else:
                strong = any(part in name for part in ("embeddings", "query", "key"))
                parameter.copy_((0.8 if strong else 0.35) * noise)
    return model


def make_masked(root, name, make, seed):
    model = randomized(make(), seed)
    folder = fresh_folder(root, name)
    save_model(model, folder)
    expected = Expected(model, seed + 1)
    add_activations(expected)
    model.requires_grad_(False)
    add_patches(expected)
    add_distributed(expected)
    add_loreft(expected)
    expected.write(folder)
    return folder


def make_classifier(root, name, make, seed):
    """Logits, the last hidden vectors and, where there is a pooler, its output, of texts and pairs."""
    model = randomized(make(), seed)
    folder = fresh_folder(root, name)
    save_model(model, folder)
    expected = Expected(model, seed + 1)
    expected.document = {"texts": []}
    for index, (ids, types) in enumerate(TEXTS):
        if types and model.config.type_vocab_size == 1:
            types = [0] * len(ids)
        arguments = {"input_ids": torch.tensor([ids])}
        if types:
            arguments["token_type_ids"] = torch.tensor([types])
        with torch.no_grad():
            output = model(**arguments, output_hidden_states=True)
            expected.keep(f"t{index}.logits", output.logits[0])
            for layer, hidden in enumerate(output.hidden_states):
                expected.keep(f"t{index}.hidden.{layer}", hidden[0])
            if model.config.model_type == "bert":
                expected.keep(f"t{index}.pooled", model.bert(**arguments).pooler_output[0])
        expected.document["texts"].append({"ids": ids, "types": types or [0] * len(ids)})
    expected.write(folder)
    return folder


def main():
    default = pathlib.Path(__file__).parent
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else default
    torch.set_num_threads(1)
    folders = [
        make_masked(root, name, make, 3000 + 10 * number)
        for number, (name, make) in enumerate(MASKED.items())
    ]
    folders += [
        make_classifier(root, name, make, 3100 + 10 * number)
        for number, (name, make) in enumerate(CLASSIFIERS.items())
    ]
    paths = [path for folder in folders for path in [folder, *folder.glob("*")]]
    for path in paths:
        # safetensors writes files that only their owner can read.
        path.chmod(0o755 if path.is_dir() else 0o644)
    print(f"{sum(path.stat().st_size for path in paths if path.is_file()) / 1000:.0f} kB in all")


if __name__ == "__main__":
    main()
