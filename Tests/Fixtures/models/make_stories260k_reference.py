"""Writes what transformers computes with stories260K into `stories260k.json`.

    python make_stories260k_reference.py stories260K.gguf [OUTPUT]

Needs torch, transformers and gguf.
"""

import pathlib
import sys

import torch

import gguf_reference as reference

PROMPTS = [
    "Once upon a time",
    'Lily and Tom were in the park. Tom said, "Hi!" 🐶 é',
]
GREEDY_LENGTH = 32
SPACE = "▁"


def encode(fields, text):
    """SentencePiece BPE: the adjacent pair with the best-scored union merges first."""
    scores = dict(zip(fields["tokens"], fields["scores"]))
    ids = {token: index for index, token in enumerate(fields["tokens"])}
    pieces = list((" " + text).replace(" ", SPACE))
    while True:
        unions = [left + right for left, right in zip(pieces, pieces[1:])]
        known = [index for index, union in enumerate(unions) if union in scores]
        if not known:
            break
        best = max(known, key=lambda index: (scores[unions[index]], -index))
        pieces[best : best + 2] = [unions[best]]
    result = [fields["bos_token_id"]]
    for piece in pieces:
        if piece in ids:
            result.append(ids[piece])
        else:
            result += [ids[f"<0x{byte:02X}>"] for byte in piece.encode()]
    return result


def main():
    path = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).parent / "stories260k.json"
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default
    torch.set_num_threads(1)
    fields = reference.vocabulary(path)
    model = reference.load(path)
    document = {**reference.header(path, model), "prompts": []}
    with torch.no_grad():
        for text in PROMPTS:
            ids = encode(fields, text)
            logits = model(input_ids=torch.tensor([ids]), use_cache=False).logits[0, -1]
            row = {"text": text, "ids": ids, **reference.summary(logits)}
            row |= reference.greedy(model, ids, GREEDY_LENGTH)
            pieces = "".join(fields["tokens"][index] for index in row["continuation"])
            row["continuation_text"] = pieces.replace(SPACE, " ").replace("<0x0A>", "\n")
            document["prompts"].append(row)
            print(ids, repr(row["continuation_text"]), row["smallest_lead"])
    start = ", there was a little girl named Lily. She loved to"
    assert document["prompts"][0]["continuation_text"].startswith(start)
    reference.write(output, document)


if __name__ == "__main__":
    main()
