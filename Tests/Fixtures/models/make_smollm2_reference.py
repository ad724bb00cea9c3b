"""Writes what transformers computes with SmolLM2-135M-Instruct into `smollm2.json`.

    python make_smollm2_reference.py SmolLM2-135M-Instruct.Q4_1.gguf [OUTPUT]

Needs torch, transformers, tokenizers and gguf; takes about two minutes on one core.
"""

import pathlib
import sys

import torch
from tokenizers import AddedToken, Tokenizer, decoders, pre_tokenizers
from tokenizers.models import BPE

import gguf_reference as reference
from sites import Interchange, interchanged

PROMPTS = [
    "The capital of France is",
    "Hello",
    "In 1998 the 3.5-inch disk still held 1440 kB; by 2024",
    "Москва — столица",
    "東京は日本の首都で、",
    "def add(a, b):\n    return a",
    "<|im_start|>user\nWhat colour is the sky?<|im_end|>\n<|im_start|>assistant\n",
]

# (base, source)
PAIRS = [
    ("The capital of France is", "The capital of Italy is"),
    ("The keys to the old cabinet", "The key to the old cabinets"),
    (
        "When Mary and John went to the store, John gave a drink to",
        "When Tom and Mary met in the park, Tom passed the ball to",
    ),
    ("Two plus three equals", "The opposite of hot is"),
    ("The doctor said that", "The girl said that the boy said that"),
]

# (pair, site, layer, head, base positions, source positions); positions count from the start,
# negative ones from the end.
PATCHES = [
    (0, "block_input", 0, None, [3], [3]),
    (0, "block_input", 12, None, [-1], [-1]),
    (0, "block_output", 4, None, [3], [3]),
    (0, "block_output", 20, None, [-1], [-1]),
    (1, "block_output", 15, None, [1, -1], [1, -1]),
    (4, "block_output", 8, None, [1, 3], [4, 7]),
    (0, "attention_input", 14, None, [3], [3]),
    (2, "attention_output", 22, None, [-1], [-1]),
    (1, "attention_value_output", 10, None, [-1], [-1]),
    (3, "attention_value_output", 29, None, [-1], [-1]),
    (0, "query_output", 17, None, [-1], [-1]),
    (3, "key_output", 9, None, [0, 1, 2], [0, 3, 1]),
    (2, "value_output", 16, None, [3], [1]),
    (1, "mlp_input", 0, None, [1], [1]),
    (3, "mlp_activation", 28, None, [-1], [-1]),
    (4, "mlp_hidden", 1, None, [1], [5]),
    (0, "mlp_output", 0, None, [3], [3]),
    (3, "mlp_output", 29, None, [-1], [-1]),
    (2, "head_attention_value_output", 18, 4, [-1], [-1]),
    (0, "head_attention_value_output", 20, 8, [-1], [-1]),
    (2, "head_query_output", 21, 0, [-1], [-1]),
    (1, "head_query_output", 13, 5, [-1, 2], [-1, 2]),
    (3, "head_key_output", 11, 2, [1], [3]),
    (2, "head_value_output", 15, 1, [1, 3], [3, 1]),
]

GREEDY = ["The capital of France is", PROMPTS[-1]]
GREEDY_LENGTH = 32


def tokenizer(path):
    """Byte-level BPE over the file's vocabulary; digits stand alone (`smollm`)."""
    fields = reference.vocabulary(path)
    assert fields["pre"] == "smollm", fields["pre"]
    ids = {token: index for index, token in enumerate(fields["tokens"])}
    merges = [tuple(merge.split(" ")) for merge in fields["merges"]]
    result = Tokenizer(BPE(vocab=ids, merges=merges))
    result.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True),
        ]
    )
    result.decoder = decoders.ByteLevel()
    control = 3
    special = [
        AddedToken(token, special=True, normalized=False)
        for token, kind in zip(fields["tokens"], fields["token_type"])
        if kind == control
    ]
    result.add_special_tokens(special)
    return result


def check(model, encode, decode):
    """A known answer: wrong row orders or output heads change it."""
    logits = model(input_ids=torch.tensor([encode("The capital of France is")])).logits[0, -1]
    best = logits.argmax().item()
    assert decode([best]) == " Paris" and abs(logits[best].item() - 17.371) < 5e-4


def prompt_row(model, encode, text):
    ids = encode(text)
    logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
    return {"text": text, "ids": ids, **reference.summary(logits)}


def patch_row(model, encode, patch):
    pair, site, layer, head, base_positions, source_positions = patch
    texts = PAIRS[pair]
    prompts = [encode(text) for text in texts]
    positions = [
        [position % len(prompt) for position in chosen]
        for chosen, prompt in zip((base_positions, source_positions), prompts)
    ]
    interchange = Interchange(1, site, layer, head, *positions)
    logits = interchanged(model, prompts, 0, [interchange])[-1]
    clean = model(input_ids=torch.tensor([prompts[0]]), use_cache=False).logits[0, -1]
    effect = (logits - clean).abs().max().item()
    assert effect > 1e-2, (patch, effect)
    return {
        "base_text": texts[0],
        "source_text": texts[1],
        "base_ids": prompts[0],
        "source_ids": prompts[1],
        "site": site,
        "layer": layer,
        "head": head,
        "base_positions": positions[0],
        "source_positions": positions[1],
        "effect": round(effect, 4),
        **reference.summary(logits),
    }


def main():
    path = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).parent / "smollm2.json"
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default
    torch.set_num_threads(1)
    words = tokenizer(path)

    def encode(text):
        ids = words.encode(text).ids
        assert words.decode(ids, skip_special_tokens=False) == text
        return ids

    def decode(ids):
        return words.decode(ids, skip_special_tokens=False)

    model = reference.load(path)
    document = reference.header(path, model)
    with torch.no_grad():
        check(model, encode, decode)
        document["prompts"] = [prompt_row(model, encode, text) for text in PROMPTS]
        document["patches"] = [patch_row(model, encode, patch) for patch in PATCHES]
        document["greedy"] = []
        for text in GREEDY:
            ids = encode(text)
            row = {"text": text, "ids": ids, **reference.greedy(model, ids, GREEDY_LENGTH)}
            row["continuation_text"] = decode(row["continuation"])
            document["greedy"].append(row)
            print(repr(row["continuation_text"]), row["smallest_lead"])
        for row in document["patches"]:
            best = decode(row["top_ids"][:1])
            print(f"{row['site']} {row['layer']} {row['head']}: {row['effect']} {best!r}")
        for threads in (1, 2):
            torch.set_num_threads(threads)
            for length in (5, 32, 128):
                ids = [(7 * index) % 1000 + 100 for index in range(length)]
                seconds = reference.timed(model, ids)
                print(f"forward, {length} tokens, {threads} threads: {seconds * 1000:.0f} ms")
    reference.write(output, document)


if __name__ == "__main__":
    main()
