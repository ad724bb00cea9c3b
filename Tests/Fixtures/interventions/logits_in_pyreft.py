"""Prints the last logits of models with folders of pyreft's, as pyreft has them.

    python logits_in_pyreft.py '[[5, 9, 2], [7, 1]]' MODEL FOLDER [MODEL FOLDER …]

The positions and the activation function are taken from the folder's README.md, as a user would.
Each folder is also given to `ReftModel.load`; where pyreft can't load its own folders of that class
(NoReFT and NoDiReFT) or of that place (a module's path), that is passed over.

A JSON list, with a list for each folder of a row of logits for each prompt.
"""

import json
import os
import pathlib
import re
import sys

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import pyreft
import torch
from transformers import AutoConfig, AutoModelForCausalLM


def settings(folder):
    """What pyreft doesn't save: first, last, whether they are apart, and the README's code."""
    text = (folder / "README.md").read_text()
    positions = re.search(r"^- positions of the prompt: `(.*)`(.*)$", text, re.MULTILINE)
    counts = re.fullmatch(r"(?:f(\d+))?\+?(?:l(\d+))?", positions.group(1))
    code = re.search(r"```python\n(.*)```", text, re.DOTALL).group(1)
    return int(counts.group(1) or 0), int(counts.group(2) or 0), bool(positions.group(2)), code


def logits(path, folder, prompts):
    config = AutoConfig.from_pretrained(path)
    # pyreft asks for a transformers that knows these fields by their older places.
    for name, value in (getattr(config, "rope_parameters", None) or {}).items():
        if name != "rope_type":
            setattr(config, name, value)

    def base():
        return AutoModelForCausalLM.from_pretrained(
            path, config=config, torch_dtype=torch.float32).eval()

    first, last, untied, code = settings(folder)
    # Its code is run in the folder, with a model.
    names = {"model": base()}
    os.chdir(folder)
    exec(code, names)
    reft = names["reft"]
    places, kinds = names["config"]["representations"], names["config"]["intervention_types"]
    loadable = all(
        "." not in place[1] and "Noreft" not in kind and "Nodireft" not in kind
        for place, kind in zip(places, kinds))
    if loadable:
        # It rounds W and b to bfloat16; what is loaded has to be the same but for that.
        loaded = pyreft.ReftModel.load(str(folder), base())
        for key, module in loaded.interventions.items():
            for name, tensor in module.state_dict().items():
                other = reft.interventions[key].state_dict()[name]
                assert (tensor.float() - other.float()).abs().max() < 0.02, (folder, key, name)
    rows = []
    for prompt in prompts:
        length = len(prompt)
        heads = list(range(min(first, length // 2)))
        tails = list(range(length - min(last, length // 2), length))
        count = len(places)
        locations = (
            [[heads]] * (count // 2) + [[tails]] * (count // 2)
            if untied else [[heads + tails]] * count)
        with torch.inference_mode():
            _, output = reft(
                {"input_ids": torch.tensor([prompt]), "use_cache": False},
                unit_locations={"sources->base": (None, locations)})
        rows.append(output.logits[0, -1].tolist())
    return rows


def main():
    prompts = json.loads(sys.argv[1])
    pairs = [(path, pathlib.Path(folder)) for path, folder in zip(sys.argv[2::2], sys.argv[3::2])]
    torch.set_num_threads(1)
    found = [logits(path, folder.absolute(), prompts) for path, folder in pairs]
    print(json.dumps(found))


if __name__ == "__main__":
    main()
