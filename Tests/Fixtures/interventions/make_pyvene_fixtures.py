"""Logits of the tiny model under pyvene's interventions, as pyvene.json.

    python make_pyvene_fixtures.py          (pyvene 0.1.8, transformers 4.45)
"""
import json
from pathlib import Path

import pyvene
import torch
from transformers import LlamaForCausalLM

here = Path(__file__).resolve().parent
folder = here.parent / "models" / "llama-gqa"
# The folder is one of transformers 5, whose rope_parameters 4.45 doesn't read.
settings = json.loads((folder / "config.json").read_text())
model = LlamaForCausalLM.from_pretrained(
    folder, rope_theta=settings["rope_parameters"]["rope_theta"]).eval()
base, source = [5, 11, 3, 17, 8, 22], [9, 2, 14, 30, 41, 7]
position = 2

KINDS = {
    "interchange": pyvene.VanillaIntervention,
    "zero": pyvene.ZeroIntervention,
    "add": pyvene.AdditionIntervention,
    "subtract": pyvene.SubtractionIntervention,
}


def logits(kind, component, layer):
    config = pyvene.IntervenableConfig(
        [pyvene.RepresentationConfig(layer, component, "pos", 1)],
        intervention_types=KINDS[kind])
    intervenable = pyvene.IntervenableModel(config, model=model)
    reads = kind != "zero"
    _, outputs = intervenable(
        base={"input_ids": torch.tensor([base])},
        sources=[{"input_ids": torch.tensor([source])}] if reads else None,
        unit_locations=(
            {"sources->base": ([[[position]]], [[[position]]])} if reads
            else {"base": [[[position]]]}))
    return outputs.logits[0, -1].tolist()


with torch.no_grad():
    cases = [
        {"intervention": kind, "component": component, "layer": layer,
         "logits": logits(kind, component, layer)}
        for kind in KINDS
        for component in ["block_input", "block_output", "mlp_output", "attention_output"]
        for layer in [0, 1]
    ]
with open(here / "pyvene" / "named.json", "w") as file:
    json.dump({"base": base, "source": source, "position": position, "cases": cases}, file)
