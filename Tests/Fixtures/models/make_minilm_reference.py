"""Writes what transformers and tokenizers compute with MiniLM into `minilm.json`.

    python make_minilm_reference.py MODEL_FOLDER [SST-2_FOLDER]

Needs torch, transformers and tokenizers. With SST-2's folder it sums up the tokens of all its sentences.
"""

import json
import pathlib
import sys

import torch
from tokenizers import Tokenizer
from transformers import BertModel

import gguf_reference as reference

TEXTS = [
    "The key near the cabinets is old.",
    "Où est la clé du garçon ? 钥匙在柜子旁边。",
    "a gorgeous , witty , seductive movie .",
]
PAIR = ("A man is playing a flute.", "Someone makes music.")
STRIDE = 24


def sentences(path):
    """The column `sentence` of a GLUE file, as it stands."""
    lines = path.read_text(encoding="utf-8").split("\n")[1:]
    return [line.split("\t")[0] for line in lines if line]


def token_hash(tokenizer, folder):
    """FNV-1a (64 bits) over the ids of all sentences, 2³² − 1 after each."""
    digest, count = 0xCBF29CE484222325, 0
    for name in ("train.tsv", "dev.tsv"):
        for sentence in sentences(folder / name):
            for token in [*tokenizer.encode(sentence).ids, 0xFFFFFFFF]:
                digest = (digest ^ token) * 0x100000001B3 % 2**64
            count += 1
    return {"sentences": count, "fnv1a": f"{digest:016x}"}


def main():
    folder = pathlib.Path(sys.argv[1])
    torch.set_num_threads(1)
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    model = BertModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    texts = []
    for text in [*TEXTS, PAIR]:
        parts = [text] if isinstance(text, str) else list(text)
        encoding = tokenizer.encode(*parts)
        with torch.no_grad():
            output = model(
                input_ids=torch.tensor([encoding.ids]),
                token_type_ids=torch.tensor([encoding.type_ids]),
                output_hidden_states=True,
            )
        # Of every layer the first and the last position, and of those every 24th number.
        hidden = [
            reference.rounded(states[0, position, ::STRIDE])
            for states in output.hidden_states
            for position in (0, -1)
        ]
        row = {"parts": parts, "ids": encoding.ids, "types": encoding.type_ids, "hidden": hidden}
        row["pooled"] = reference.rounded(output.pooler_output[0, ::STRIDE])
        texts.append(row)
    document = {"stride": STRIDE, "texts": texts}
    if len(sys.argv) > 2:
        document["sst2"] = token_hash(tokenizer, pathlib.Path(sys.argv[2]))
    reference.write(pathlib.Path(__file__).parent / "minilm.json", document)


if __name__ == "__main__":
    main()
