"""Makes the torch archives of the folder torch and the values that reading them must give.

Needs torch (2.1 or newer):

    python make_torch_fixtures.py

The values come from torch. Everything is seeded: a second run of the same torch writes the same bytes.

- values.bin         a state dictionary with a tensor of every type and layout that is read
- values-4.bin       the same in pickle protocol 4
- nested.bin         a training checkpoint: dictionaries, lists, tuples, texts and numbers in another
- reft-*.bin         with the keys, shapes and types of the files of pyreft 0.1.0's interventions
- float8.bin         8-bit floats
- sharded            some tensors of values.bin in two shards with an index
- expected.json      for each file its tensors: name, element type, shape and float32 values
"""

import json
from collections import OrderedDict
from pathlib import Path

import torch
from torch.nn.utils.parametrizations import orthogonal

HERE = Path(__file__).parent / "torch"
NAMES = {
    torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64",
    torch.int64: "I64", torch.int32: "I32", torch.int16: "I16", torch.int8: "I8",
    torch.uint8: "U8", torch.uint16: "U16", torch.uint32: "U32", torch.uint64: "U64",
    torch.bool: "BOOL", torch.float8_e4m3fn: "F8_E4M3", torch.float8_e5m2: "F8_E5M2",
    torch.float8_e8m0fnu: "F8_E8M0",
}
expected = {}


def save(name, value, tensors=None, **options):
    torch.save(value, HERE / name, **options)
    tensors = value if tensors is None else tensors
    expected[name] = [
        {
            "name": key,
            "type": NAMES[tensor.dtype],
            "shape": list(tensor.shape),
            "values": tensor.detach().double().float().flatten().tolist(),
        }
        for key, tensor in tensors.items()
    ]


def values():
    base = torch.randn(4, 6)
    result = {
        "float32": torch.randn(3, 4),
        "float16": torch.randn(2, 5).half(),
        "bfloat16": torch.randn(2, 5).bfloat16(),
        "float64": torch.randn(3, dtype=torch.float64),
        "boolean": torch.tensor([True, False, True]),
        "scalar": torch.tensor(0.75),
        "nothing": torch.zeros(0, 4),
        "base": base,
        "transposed": base.T,
        "part": base[1:3, 2:5],
        "every other": base[::2, 1::3],
        "permuted": torch.randn(2, 3, 4).permute(2, 0, 1),
        "expanded": torch.randn(3, 1).expand(3, 4),
        "halves transposed": torch.randn(3, 2).half().T,
        "doubles transposed": torch.randn(3, 2).double().T,
        "bytes transposed": torch.randint(0, 9, (3, 2), dtype=torch.uint8).T,
        "parameter": torch.nn.Parameter(torch.randn(2, 2)),
    }
    for name in ["uint8", "int8", "int16", "int32", "int64"]:
        result[name] = torch.tensor([[1, 2], [100, 3]], dtype=getattr(torch, name))
    for name in ["uint16", "uint32", "uint64"]:
        result[name] = torch.tensor([5, 60_000], dtype=getattr(torch, name))
    result["attributed"] = torch.randn(3)
    result["attributed"].note = "passed over"
    return result


def low_rank_rotation(width, rank):
    rotation = torch.nn.Module()
    rotation.weight = torch.nn.Parameter(torch.nn.init.orthogonal_(torch.empty(width, rank)))
    return orthogonal(rotation)


def reft(width=8, rank=3):
    """The state dictionaries as pyreft's classes make them, without a model around them."""
    def module(**parts):
        result = torch.nn.Module()
        for name, part in parts.items():
            setattr(result, name, part)
        result.register_buffer("embed_dim", torch.tensor(width))
        result.register_buffer("interchange_dim", torch.tensor(width))
        return result

    def linear(bias=True):
        return torch.nn.Linear(width, rank, bias=bias).to(torch.bfloat16)

    source, rotation = linear(), low_rank_rotation(width, rank)
    loreft = OrderedDict(source.state_dict())
    loreft["rotate_layer"] = rotation.weight.data
    bias = torch.nn.Parameter(torch.rand(rank))
    return {
        "loreft": loreft,
        "noreft": module(proj_layer=linear(), learned_source=linear()).state_dict(),
        "consreft": module(
            rotate_layer=low_rank_rotation(width, rank), learned_source=bias).state_dict(),
        "direft": module(
            rotate_layer=low_rank_rotation(width, rank), learned_source=linear()).state_dict(),
        "nodireft": module(proj_layer=linear(bias=False), learned_source=linear()).state_dict(),
    }


HERE.mkdir(exist_ok=True)
torch.manual_seed(20240229)
every = values()
save("values.bin", every)
save("values-4.bin", every, pickle_protocol=4)
nested = {
    "epoch": 3, "loss": 0.125, "done": False, "note": "naïve 東京", "nothing": None,
    "large": -(2**40), "medium": 70_000, "betas": (0.9, 0.999), "size": torch.Size([2, 3]),
    "groups": [{"lr": 1e-3, "params": [0, 1]}, []],
    "state": {0: {"step": torch.tensor(7.0)}, -1: ()},
    "model": OrderedDict(weight=torch.arange(6.0).reshape(2, 3)),
    "outer": torch.arange(3),
}
save("nested.bin", nested, {"outer": nested["outer"]})
for name, state in reft().items():
    save(f"reft-{name}.bin", state)
def codes(*values):
    return torch.tensor(values, dtype=torch.uint8)


save("float8.bin", {
    "e4m3": codes(0, 0x80, 1, 0x87, 8, 0x38, 0xB9, 0x7E).view(torch.float8_e4m3fn),
    "e5m2 transposed": codes(0, 0x80, 1, 0x83, 4, 0x7B).view(2, 3).view(torch.float8_e5m2).T,
    "e8m0": codes(0, 1, 127, 200).view(torch.float8_e8m0fnu),
})
shards = [["float32", "float16", "bfloat16"], ["float64", "transposed"]]
weight_map = {}
(HERE / "sharded").mkdir(exist_ok=True)
for number, names in enumerate(shards):
    file = f"pytorch_model-{number + 1:05}-of-00002.bin"
    torch.save({name: every[name] for name in names}, HERE / "sharded" / file)
    weight_map |= {name: file for name in names}
index = {"metadata": {"total_size": 999}, "weight_map": weight_map}
(HERE / "sharded" / "pytorch_model.bin.index.json").write_text(json.dumps(index, indent=2) + "\n")
(HERE / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
