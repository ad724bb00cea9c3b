"""Folders that the adapters library saves, and its logits with them: */ and expected.json.

    python make_fixtures.py      (torch, transformers and adapters installed)
"""

import json
import os
import pathlib
import shutil

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import adapters
import torch
from adapters import BnConfig
from logits_in_adapters import configuration
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM

FOLDER = pathlib.Path(__file__).parent
FIXTURES = FOLDER.parent
PROMPTS = [[5, 6, 7, 8, 9], [20, 6, 33, 18, 2, 30, 9], [11, 12, 13, 14]]

DOUBLE = dict(mh_adapter=True, output_adapter=True, original_ln_before=False)
PFEIFFER = dict(mh_adapter=False, output_adapter=True, original_ln_before=True)

# folder: (class, model, settings)
CASES = {
    "llama-double": (AutoModelForCausalLM, "models/llama-gqa", DOUBLE | {
        "reduction_factor": 16 / 3, "non_linearity": "gelu", "leave_out": [1], "dropout": 0.1}),
    "llama-pfeiffer": (AutoModelForCausalLM, "models/llama-gqa", PFEIFFER | {
        "reduction_factor": 4, "non_linearity": "relu", "scaling": 1.5}),
    "mistral-attention": (AutoModelForCausalLM, "architectures/mistral", DOUBLE | {
        "reduction_factor": 8, "non_linearity": "silu", "output_adapter": False}),
    "gpt2-double": (AutoModelForCausalLM, "architectures/gpt2", DOUBLE | {
        "reduction_factor": 4, "non_linearity": "gelu_new"}),
    "bert-double": (AutoModelForMaskedLM, "models/bert", DOUBLE | {
        "reduction_factor": 4, "non_linearity": "tanh"}),
    "bert-parallel": (AutoModelForMaskedLM, "models/bert", DOUBLE | {
        "reduction_factor": 4, "non_linearity": "relu", "is_parallel": True, "scaling": 4.0}),
    "roberta-parallel": (AutoModelForMaskedLM, "models/roberta", DOUBLE | {
        "reduction_factor": 2, "non_linearity": "relu", "is_parallel": True, "mh_adapter": False}),
}


def logits(model, prompt):
    with torch.no_grad():
        return model(torch.tensor([prompt])).logits[0, -1]


def case(folder, seed, kind, name, settings):
    torch.manual_seed(seed)
    config = configuration(FIXTURES / name)
    model = kind.from_pretrained(FIXTURES / name, config=config, dtype=torch.float32).eval()
    plain = [logits(model, prompt) for prompt in PROMPTS]
    adapters.init(model)
    model.add_adapter("task", config=BnConfig(**settings), set_active=True)
    model.eval()
    with torch.no_grad():
        for key, parameter in model.named_parameters():
            if ".adapters.task." in key:
                parameter.copy_(0.4 * torch.randn(parameter.shape))
    model.save_adapter(str(FOLDER / folder), "task", with_head=False)
    # The path of this machine.
    path = FOLDER / folder / "adapter_config.json"
    fields = json.loads(path.read_text()) | {"model_name": name}
    path.write_text(json.dumps(fields, indent=2, sort_keys=True) + "\n")
    found = [logits(model, prompt) for prompt in PROMPTS]
    for one, other in zip(plain, found):
        assert (one - other).abs().max() > 0.1, folder
    return {"folder": folder, "model": name, "logits": [one.tolist() for one in found]}


def main():
    for folder in CASES:
        shutil.rmtree(FOLDER / folder, ignore_errors=True)
    torch.set_num_threads(1)
    cases = [case(folder, seed, *rest) for seed, (folder, rest) in enumerate(CASES.items())]
    document = {"prompts": PROMPTS, "cases": cases}
    (FOLDER / "expected.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
