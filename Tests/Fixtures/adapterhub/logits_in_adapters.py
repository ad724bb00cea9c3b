"""Prints the last logits of models with folders of bottleneck adapters, as the adapters library has
them.

    python logits_in_adapters.py '[[5, 9, 2], [7, 1]]' MODEL FOLDER [MODEL FOLDER …]

A JSON list, with a list for each folder of a row of logits for each prompt.
"""

import json
import os
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import adapters
import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForMaskedLM


def configuration(path):
    """The library asks for a transformers that knows the rotary settings by their older places."""
    config = AutoConfig.from_pretrained(path)
    for name, value in (getattr(config, "rope_parameters", None) or {}).items():
        if name != "rope_type":
            setattr(config, name, value)
    return config


def logits(path, folder, prompts):
    config = configuration(path)
    isMasked = config.model_type in ["bert", "roberta"]
    kind = AutoModelForMaskedLM if isMasked else AutoModelForCausalLM
    model = kind.from_pretrained(path, config=config, dtype=torch.float32)
    adapters.init(model)
    info = {}
    name = model.load_adapter(folder, set_active=True, loading_info=info)
    assert not info.get("missing_keys") and not info.get("unexpected_keys"), info
    assert name in model.adapters_config.adapters
    model.eval()
    with torch.inference_mode():
        return [model(torch.tensor([prompt])).logits[0, -1].tolist() for prompt in prompts]


def main():
    prompts = json.loads(sys.argv[1])
    torch.set_num_threads(1)
    pairs = zip(sys.argv[2::2], sys.argv[3::2])
    print(json.dumps([logits(path, folder, prompts) for path, folder in pairs]))


if __name__ == "__main__":
    main()
