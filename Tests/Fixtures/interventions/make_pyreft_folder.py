"""Folders that pyreft saves, and pyreft's logits with them: pyreft/*/ and pyreft/expected.json.

pyreft/extra.bin is a LoReFT's file with a tensor too many.

    python make_pyreft_folder.py      (torch, transformers, pyvene and pyreft installed)

The model is models/llama-gqa in float32. A folder in pyreft's default, bfloat16, has its logits
computed with the saved numbers in float32: pyreft itself can't run it on a float32 model, or rounds
on the way.
"""

import json
import os
import pathlib
import shutil

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_VERBOSITY", "error")

import pyreft
import torch
from transformers import AutoModelForCausalLM

FOLDER = pathlib.Path(__file__).parent
WIDTH, RANK, LAYERS = 16, 3, [0, 2]
PROMPTS = [[5, 6, 7, 8, 9], [20, 46, 43, 18, 2, 33, 60], [11, 12, 13, 14]]

# name: (class, saved type, settings). Settings: the positions' counts `first` and `last`, `untied`
# for weights of their own for both, `component` for another place than the block's output, and
# what pyreft's class is made with.
CASES = {
    "loreft": ("Loreft", torch.float32, {}),
    "loreft-bfloat16": ("Loreft", torch.bfloat16, {"act_fn": "gelu"}),
    "loreft-untied": ("Loreft", torch.float32, {"untied": True, "first": 2, "last": 2}),
    "loreft-paths": ("Loreft", torch.float32, {"component": "model.layers[{}].mlp.output"}),
    "noreft": ("Noreft", torch.float32, {"add_bias": True}),
    "noreft-relu": ("Noreft", torch.float32, {"act_fn": "relu"}),
    "consreft": ("Consreft", torch.float32, {"component": "attention_output"}),
    "consreft-square": ("Consreft", torch.float32, {"rank": WIDTH}),
    "lobireft": ("Lobireft", torch.float32, {"component": "model.layers[{}].output"}),
    "direft": ("Direft", torch.bfloat16, {}),
    "nodireft": ("Nodireft", torch.bfloat16, {"add_bias": True, "act_fn": "silu"}),
}


def intervention(name, dtype, rank, settings):
    """One of pyreft's interventions, all of its parameters random."""
    module = getattr(pyreft.interventions, f"{name}Intervention")(
        embed_dim=WIDTH,
        low_rank_dimension=rank,
        dtype=dtype,
        add_bias=settings.get("add_bias", False),
        act_fn=settings.get("act_fn"),
    )
    with torch.no_grad():
        for key, parameter in module.named_parameters():
            noise = torch.randn(parameter.shape)
            if key.endswith("original"):
                # The diagonal holds signs; below it lies what training moves.
                parameter.add_(0.5 * noise.tril(-1))
            else:
                parameter.copy_(0.4 * noise)
    return module


def representations(name, dtype, settings):
    component = settings.get("component", "block_output")
    rank = settings.get("rank", RANK)
    # pyreft's own training lists all layers for the first positions, then all for the last.
    for part in range(2 if settings.get("untied") else 1):
        for layer in LAYERS:
            place = {"component": component.format(layer)}
            if "." not in component:
                place["layer"] = layer
            yield place | {
                "low_rank_dimension": rank,
                "intervention": intervention(name, dtype, rank, settings),
            }


def logits(reft, prompt, settings):
    """The last position's logits with the interventions at the first and the last positions."""
    first = list(range(settings.get("first", 1)))
    last = list(range(len(prompt) - settings.get("last", 1), len(prompt)))
    if settings.get("untied"):
        places = [[first]] * len(LAYERS) + [[last]] * len(LAYERS)
    else:
        places = [[first + last]] * len(LAYERS)
    with torch.no_grad():
        _, output = reft(
            {"input_ids": torch.tensor([prompt]), "use_cache": False},
            unit_locations={"sources->base": (None, places)},
        )
    return output.logits[0, -1]


def case(folder, seed, name, dtype, settings):
    torch.manual_seed(seed)
    base = AutoModelForCausalLM.from_pretrained(
        FOLDER.parent / "models" / "llama-gqa", dtype=torch.float32
    ).eval()
    plain = [base(torch.tensor([prompt])).logits[0, -1] for prompt in PROMPTS]
    reft = pyreft.get_reft_model(
        base, pyreft.ReftConfig(representations=list(representations(name, dtype, settings)))
    )
    path = FOLDER / "pyreft" / folder
    reft.save(str(path))
    for module in reft.interventions.values():
        module.float()
    found = [logits(reft, prompt, settings) for prompt in PROMPTS]
    for one, other in zip(plain, found):
        assert (one - other).abs().max() > 0.1, folder
    return {
        "folder": folder,
        "form": name.lower(),
        "activation": settings.get("act_fn"),
        "positions": f"f{settings.get('first', 1)}+l{settings.get('last', 1)}",
        "logits": [one.tolist() for one in found],
    }


def main():
    shutil.rmtree(FOLDER / "pyreft", ignore_errors=True)
    torch.set_num_threads(1)
    cases = [case(folder, seed, *rest) for seed, (folder, rest) in enumerate(CASES.items())]
    extra = intervention("Loreft", torch.float32, RANK, {}).state_dict()
    torch.save(extra | {"magic": torch.zeros(3)}, FOLDER / "pyreft" / "extra.bin")
    document = {"prompts": PROMPTS, "cases": cases}
    (FOLDER / "pyreft" / "expected.json").write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
