"""Makes the checkpoint files of this folder, and the float32 values that they must widen to.

Needs the packages gguf (0.19), safetensors, numpy and torch:

    python make_fixtures.py

The values come from gguf's own dequantisation and from torch, so they are independent of the code under
test. Everything is seeded: a second run writes the same bytes.

- all-types.gguf       version 3; a tensor of every type that is read, all kinds of metadata
- all-types.f32        the tensors' values, float32, in the file's order
- blocks.gguf          a tensor of every further block type
- blocks.f32           the tensors' values, float32, in the file's order
- version-2.gguf       version 2, alignment 64, a tensor of a type that isn't read
- written.gguf         what the writer under test must write byte for byte
- single.safetensors   F32, F16, BF16, other types, a scalar, a tensor without elements, metadata
- single.f32           the tensors' values, float32, in order of their names
- sharded/             the same floats in two shards with an index, and a config.json
"""

import json
import struct
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import save_file

HERE = Path(__file__).parent
random = np.random.default_rng(20240229)
# Of blocks.gguf, so that the other files don't depend on it.
random_of_blocks = np.random.default_rng(20260401)

# (type, elements in a block, bytes of a block, where the float16 scales are, their size)
BLOCK_FORMATS = [
    ("Q4_0", 32, 18, [0], 0.1),
    ("Q4_1", 32, 20, [0, 2], 0.1),
    ("Q5_0", 32, 22, [0], 0.1),
    ("Q5_1", 32, 24, [0, 2], 0.1),
    ("Q8_0", 32, 34, [0], 0.01),
    ("Q4_K", 256, 144, [0, 2], 0.002),
    ("Q5_K", 256, 176, [0, 2], 0.002),
    ("Q6_K", 256, 210, [208], 0.0005),
]
FURTHER_FORMATS = [
    ("Q2_K", 256, 84, [80, 82], 0.02),
    ("Q3_K", 256, 110, [108], 0.01),
    ("TQ1_0", 256, 54, [52], 0.1),
    ("TQ2_0", 256, 66, [64], 0.1),
    ("MXFP4", 32, 17, [], None),
    ("NVFP4", 64, 36, [], None),
    ("IQ1_S", 256, 50, [0], 0.1),
    ("IQ1_M", 256, 56, [], None),
    ("IQ2_XXS", 256, 66, [0], 0.01),
    ("IQ2_XS", 256, 74, [0], 0.01),
    ("IQ2_S", 256, 82, [0], 0.01),
    ("IQ3_XXS", 256, 98, [0], 0.01),
    ("IQ3_S", 256, 110, [0], 0.01),
    ("IQ4_NL", 32, 18, [0], 0.01),
    ("IQ4_XS", 256, 136, [0], 0.001),
]


def random_blocks(rows, blocks, size, scale_places, scale, random=random):
    """Random bytes with float16 scales of a sane size at their places, `[rows, blocks * size]`.

    Every bit of the integers occurs in both states. Among the scales are a zero, a subnormal and a
    negative one.
    """
    data = random.integers(0, 256, (rows * blocks, size), dtype=np.uint8)
    for place in scale_places:
        scales = (random.standard_normal(rows * blocks) * scale).astype(np.float16)
        scales[0] = -abs(scales[0])
        scales[1] = 3e-6
        scales[2] = 0
        data[:, place : place + 2] = scales.view(np.uint8).reshape(-1, 2)
    return data.reshape(rows, blocks * size)


def add_metadata(writer):
    writer.add_uint8("kind.uint8", 200)
    writer.add_int8("kind.int8", -100)
    writer.add_uint16("kind.uint16", 60_000)
    writer.add_int16("kind.int16", -30_000)
    writer.add_uint32("kind.uint32", 4_000_000_000)
    writer.add_int32("kind.int32", -2_000_000_000)
    writer.add_float32("kind.float32", 0.1)
    writer.add_bool("kind.boolean", True)
    writer.add_string("kind.string", "naïve 東京 🐱")
    writer.add_uint64("kind.uint64", 2**64 - 1)
    writer.add_int64("kind.int64", -(2**63))
    writer.add_float64("kind.float64", 0.1)
    writer.add_array("array.strings", ["", "Ġthe", "ı", "a" * 300])
    writer.add_array("array.integers", [1, -2, 3])
    writer.add_array("array.floats", [0.5, -1.25])
    writer.add_array("array.booleans", [True, False, True])
    writer.add_array("array.nested", [[1, 2], [3]])
    writer.add_array("array.nested.strings", [[["x"], ["y", "z"]], [["w"]]])


def add_floats(writer, expected):
    def add(name, array, values, raw=None):
        writer.add_tensor(name, array, raw_dtype=raw)
        expected.append(np.asarray(values, np.float32))

    f32 = random.standard_normal((2, 3, 4)).astype(np.float32)
    add("f32.axes3", f32, f32)
    vector = random.standard_normal(5).astype(np.float32)
    add("f32.vector", vector, vector)
    f16 = random.standard_normal((3, 7)).astype(np.float16)
    f16[0, :5] = [0, -0.0, 6e-8, -3e-5, 65504]
    add("f16", f16, f16)
    bf16 = gguf.quants.quantize(
        random.standard_normal((3, 6)).astype(np.float32), gguf.GGMLQuantizationType.BF16)
    bf16_type = gguf.GGMLQuantizationType.BF16
    add("bf16", bf16, gguf.quants.dequantize(bf16, bf16_type), bf16_type)
    f64 = random.standard_normal((2, 3))
    add("f64", f64, f64)
    for name in ["int8", "int16", "int32", "int64"]:
        limits = np.iinfo(name)
        integers = random.integers(limits.min, limits.max, (2, 5), dtype=name, endpoint=True)
        add(name, integers, integers)


def add_blocks(writer, expected):
    for name, block, size, places, scale in BLOCK_FORMATS:
        kind = gguf.GGMLQuantizationType[name]
        data = random_blocks(3, 2, size, places, scale)
        writer.add_tensor(name.lower(), data, raw_dtype=kind)
        values = gguf.quants.dequantize(data, kind)
        assert values.shape == (3, 2 * block) and np.isfinite(values).all()
        expected.append(values)


def make_blocks():
    writer = gguf.GGUFWriter(HERE / "blocks.gguf", "fixture")
    expected = []
    for name, block, size, places, scale in FURTHER_FORMATS:
        kind = gguf.GGMLQuantizationType[name]
        data = random_blocks(3, 1, size, places, scale, random_of_blocks)
        if name == "MXFP4":
            # Exponents around 1, and the two that make a subnormal scale.
            data[:, 0] = [122, 0, 1]
        if name == "IQ1_M":
            # The upper half of the scale's four bits, far from infinity.
            data[:, 55] = data[:, 55] & 0x8F | 0x20
        if name == "NVFP4":
            # A zero, a NaN, which counts as zero, and a sign, which doesn't count.
            data[0, :4] = [0x00, 0x7F, 0xB8, 0x03]
        writer.add_tensor(name.lower(), data, raw_dtype=kind)
        values = gguf.quants.dequantize(data, kind)
        assert values.shape == (3, block) and np.isfinite(values).all()
        expected.append(values)
    finish(writer)
    values = np.concatenate([array.ravel() for array in expected]).astype("<f4")
    (HERE / "blocks.f32").write_bytes(values.tobytes())


def finish(writer):
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def make_gguf():
    writer = gguf.GGUFWriter(HERE / "all-types.gguf", "fixture")
    expected = []
    add_metadata(writer)
    add_floats(writer, expected)
    add_blocks(writer, expected)
    finish(writer)
    values = np.concatenate([array.ravel() for array in expected]).astype("<f4")
    (HERE / "all-types.f32").write_bytes(values.tobytes())

    path = HERE / "version-2.gguf"
    writer = gguf.GGUFWriter(path, "fixture")
    writer.add_custom_alignment(64)
    writer.add_tensor("first", np.arange(6, dtype=np.float32).reshape(2, 3))
    data = random_blocks(3, 1, 292, [], None)
    writer.add_tensor("unread", data, raw_dtype=gguf.GGMLQuantizationType.Q8_K)
    writer.add_tensor("last", np.arange(4, dtype=np.float16))
    finish(writer)
    # Versions 2 and 3 differ in nothing but the number and the byte orders that they allow.
    content = bytearray(path.read_bytes())
    content[4:8] = struct.pack("<I", 2)
    path.write_bytes(content)


def make_written():
    writer = gguf.GGUFWriter(HERE / "written.gguf", "controlvector")
    writer.add_string("controlvector.model_hint", "naïve 東京")
    writer.add_int32("controlvector.layer_count", 3)
    writer.add_uint32("a.uint32", 4_000_000_000)
    writer.add_float32("a.float32", -0.1)
    writer.add_bool("a.true", True)
    writer.add_bool("a.false", False)
    writer.add_array("an.array", ["", "ı", "two words"])
    for layer, width in [(1, 3), (2, 8), (10, 9)]:
        vector = (np.arange(width, dtype=np.float32) - 2) / 4
        writer.add_tensor(f"direction.{layer}", vector)
    writer.add_tensor("matrix", np.arange(10, dtype=np.float32).reshape(2, 5))
    finish(writer)


def make_safetensors():
    torch.manual_seed(20240229)
    floats = {
        "bf16": torch.randn(4, 3).to(torch.bfloat16),
        "f16": torch.randn(2, 5).to(torch.float16),
        "f32.matrix": torch.randn(3, 4),
        "f32.scalar": torch.tensor(0.75),
        "nothing": torch.zeros(0, 4),
    }
    others = {
        "boolean": torch.tensor([True, False, True]),
        "f64": torch.randn(3, dtype=torch.float64),
        "i64": torch.tensor([[1, -2], [2**40, 3]]),
        "u8": torch.tensor([0, 255], dtype=torch.uint8),
    }
    every = floats | others
    # One entry only: safetensors writes several in an order that changes from run to run.
    metadata = {"note": "a \"quoted\" line\n東京"}
    save_file(every, HERE / "single.safetensors", metadata)
    (HERE / "single.safetensors").chmod(0o644)
    values = np.concatenate([every[name].to(torch.float32).ravel() for name in sorted(every)])
    (HERE / "single.f32").write_bytes(values.astype("<f4").tobytes())

    folder = HERE / "sharded"
    folder.mkdir(exist_ok=True)
    names = list(floats)
    weight_map = {}
    for shard, part in enumerate([names[:2], names[2:]]):
        file = f"model-{shard + 1:05}-of-00002.safetensors"
        save_file({name: floats[name] for name in part}, folder / file, {"format": "pt"})
        (folder / file).chmod(0o644)
        weight_map |= {name: file for name in part}
    index = {"metadata": {"total_size": 999}, "weight_map": weight_map}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2) + "\n")
    configuration = {
        "architectures": ["LlamaForCausalLM"],
        "hidden_act": "silu",
        "hidden_size": 576,
        "num_hidden_layers": 30,
        "rms_norm_eps": 1e-05,
        "rope_scaling": {"factor": 8.0, "rope_type": "llama3"},
        "rope_theta": 100000,
        "sliding_window": None,
        "tie_word_embeddings": True,
    }
    (folder / "config.json").write_text(json.dumps(configuration, indent=2) + "\n")


make_gguf()
make_blocks()
make_written()
make_safetensors()
