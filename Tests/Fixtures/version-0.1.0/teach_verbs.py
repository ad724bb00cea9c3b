"""Writes a copy of the tiny LLaMA's tokenizer that has " is" and " are" as tokens.

The built-in task `agreement` needs its answers to be one token each. The vocabulary keeps its size, so
that the weights, and with them the model's identity, stay as they are.

    python3 teach_verbs.py OLD/tokenizer.json NEW/tokenizer.json
"""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    tokenizer = json.load(file)
vocabulary, merges = tokenizer["model"]["vocab"], tokenizer["model"]["merges"]
for old, parts in [("at", ["Ġ", "i"]), ("12", ["Ġi", "s"]), ("ĠĠ", ["Ġa", "re"])]:
    vocabulary["".join(parts)] = vocabulary.pop(old)
    place = next(i for i, merge in enumerate(merges) if "".join(merge) == old)
    merges[place] = parts
with open(sys.argv[2], "w", encoding="utf-8") as file:
    json.dump(tokenizer, file, ensure_ascii=False)
