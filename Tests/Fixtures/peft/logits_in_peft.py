"""Prints the last logits of models with adapters, as peft has them.

    python logits_in_peft.py '[[5, 9, 2], [7, 1]]' MODEL ADAPTER [MODEL ADAPTER …]

A JSON list, with a list for each adapter of a row of logits for each prompt, or what it was refused for.
"""

import json
import sys
import warnings

import torch
import torch.distributed.tensor  # noqa: F401, or peft fails to import
import transformers
import peft


def logits(model, adapter, prompts):
    base = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        adapted = peft.PeftModel.from_pretrained(base, adapter).eval()
    # peft leaves tensors that it finds no module for out, with a warning.
    missing = [str(w.message) for w in caught if "missing adapter keys" in str(w.message).lower()]
    if missing:
        raise ValueError(missing[0][:300])
    rows = []
    with torch.inference_mode():
        for prompt in prompts:
            ids = torch.tensor([prompt])
            output = adapted(
                input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
            rows.append(output.logits[0, -1].tolist())
    return rows


def main():
    prompts = json.loads(sys.argv[1])
    found = []
    for model, adapter in zip(sys.argv[2::2], sys.argv[3::2]):
        try:
            found.append(logits(model, adapter, prompts))
        except Exception as fault:
            found.append(f"{type(fault).__name__}: {fault}")
    print(json.dumps(found))


if __name__ == "__main__":
    main()
