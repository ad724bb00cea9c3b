"""Prints the last logits of a model with an adapter, as peft has them.

    python logits_in_peft.py MODEL ADAPTER '[[5, 9, 2], [7, 1]]'

A JSON list with a row of logits for each prompt.
"""

import json
import sys

import torch
import torch.distributed.tensor  # noqa: F401, or peft fails to import
import transformers
import peft


def main():
    model, adapter, prompts = sys.argv[1:]
    base = transformers.AutoModelForCausalLM.from_pretrained(model, dtype=torch.float32)
    adapted = peft.PeftModel.from_pretrained(base, adapter).eval()
    rows = []
    with torch.inference_mode():
        for prompt in json.loads(prompts):
            ids = torch.tensor([prompt])
            output = adapted(
                input_ids=ids, attention_mask=torch.ones_like(ids), use_cache=False)
            rows.append(output.logits[0, -1].tolist())
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
