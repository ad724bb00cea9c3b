"""pyreft's interventions on random rows: outputs and gradients, in reft.json.

    python make_reft_fixtures.py      (torch, pyvene and pyreft installed)
"""

import json
import pathlib

import pyreft
import torch
import torch.nn.utils.parametrize as parametrize

WIDTH, RANK, ROWS = 8, 3, 5
CLASSES = {
    "loreft": pyreft.LoreftIntervention,
    "noreft": pyreft.NoreftIntervention,
    "consreft": pyreft.ConsreftIntervention,
    "lobireft": pyreft.LobireftIntervention,
    "direft": pyreft.DireftIntervention,
    "nodireft": pyreft.NodireftIntervention,
}


def numbers(tensor):
    return tensor.detach().to(torch.float64).flatten().tolist()


def case(form, activation, seed):
    torch.manual_seed(seed)
    keywords = {} if activation is None else {"act_fn": activation}
    module = CLASSES[form](
        embed_dim=WIDTH, low_rank_dimension=RANK, add_bias=False, dtype=torch.float32, **keywords
    )
    base = torch.randn(ROWS, WIDTH, requires_grad=True)
    weights = torch.randn(ROWS, WIDTH)
    rotates = hasattr(module, "rotate_layer")
    with parametrize.cached():
        # [d, k] in pyreft, [k, d] here.
        projection = module.rotate_layer.weight if rotates else module.proj_layer.weight
        projection.retain_grad()
        result = module(base)
        (result * weights).sum().backward()
    turn = (lambda t: t.T) if rotates else (lambda t: t)
    source = module.learned_source
    linear = isinstance(source, torch.nn.Linear)
    bias = source.bias if linear else source
    return {
        "form": form,
        "activation": activation,
        "base": numbers(base),
        "lossWeights": numbers(weights),
        "projection": numbers(turn(projection)),
        "weight": numbers(source.weight) if linear else None,
        "bias": numbers(bias),
        "result": numbers(result),
        "gradients": {
            "base": numbers(base.grad),
            "projection": numbers(turn(projection.grad)),
            "weight": numbers(source.weight.grad) if linear else None,
            "bias": numbers(bias.grad),
        },
    }


def main():
    cases = [case(form, None, seed) for seed, form in enumerate(CLASSES)]
    for seed, form in enumerate(["loreft", "noreft", "direft", "nodireft"]):
        for place, activation in enumerate(["relu", "silu", "tanh", "gelu"]):
            cases.append(case(form, activation, 100 + 10 * seed + place))
    document = {"width": WIDTH, "rank": RANK, "rows": ROWS, "cases": cases}
    path = pathlib.Path(__file__).parent / "reft.json"
    path.write_text(json.dumps(document) + "\n")


if __name__ == "__main__":
    main()
