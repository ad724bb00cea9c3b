"""Makes the folders of quantized: weights as other tools quantize them, and what they stand for.

Needs the packages torch (2.1 or newer), safetensors, numpy, bitsandbytes (0.45 or newer) and
compressed-tensors (0.15 or newer, with what it imports):

    python make_quantized_fixtures.py

Each folder has a config.json with its quantization_config, a model.safetensors, and expected.safetensors
with the weights in float32: by bitsandbytes and compressed-tensors themselves, for the other methods by
their definition, element by element. Everything is seeded.

- fp8, fp8-tensor           scales for blocks, with blocks that the matrix ends in; one scale
- gptq, gptq-order, gptq-8, gptq-v2
                            4 bits; with inputs out of order; 8 bits; zeros as they are, scales in float32
- awq                       4 bits, version gemm
- bnb-8, bnb-nf4, bnb-nested, bnb-fp4
                            bitsandbytes: 8 bits; 4 bits; with scales that are quantized too; other codes
- compressed-float, compressed-int, compressed-pack, compressed-zero, compressed-pack-8
                            compressed-tensors of weights alone

quantized-llama.safetensors is the model of models/llama-gqa with its projections rounded as gptq.
"""

import json
from pathlib import Path

import bitsandbytes.functional as bnb
import numpy as np
import torch
from bitsandbytes.backends.default.ops import _dequantize_4bit_compute
from compressed_tensors.compressors import BaseCompressor
from compressed_tensors.quantization import QuantizationArgs, QuantizationScheme
from safetensors.torch import load_file, save_file

HERE = Path(__file__).parent / "quantized"
torch.manual_seed(20240229)
random = np.random.default_rng(20240229)


def save(name, quantization, tensors, expected):
    """`expected` has the weights; tensors that are stored whole are in both."""
    folder = HERE / name
    folder.mkdir(parents=True, exist_ok=True)
    whole = {"norm.weight": torch.randn(8).to(torch.bfloat16)}
    expected = expected | {"norm.weight": whole["norm.weight"]}
    for file, content in [("model", tensors | whole), ("expected", expected)]:
        if file == "expected":
            content = {key: value.float() for key, value in content.items()}
        content = {key: value.contiguous() for key, value in content.items()}
        save_file(content, folder / f"{file}.safetensors", {"format": "pt"})
        (folder / f"{file}.safetensors").chmod(0o644)
    configuration = {"model_type": "llama", "quantization_config": quantization}
    (folder / "config.json").write_text(json.dumps(configuration, indent=1) + "\n")


def float8(shape):
    codes = random.integers(0, 256, shape, dtype=np.uint8)
    codes[(codes & 0x7F) == 0x7F] = 0x38
    return torch.from_numpy(codes).view(torch.float8_e4m3fn)


def make_fp8():
    tensors, expected = {}, {}
    for name, rows, width in [("a", 20, 64), ("b", 17, 40)]:
        weight = float8((rows, width))
        scales = torch.rand(-(-rows // 16), -(-width // 32)) / 100
        tensors |= {f"{name}.weight": weight, f"{name}.weight_scale_inv": scales}
        wide = scales.repeat_interleave(16, 0)[:rows].repeat_interleave(32, 1)[:, :width]
        expected[f"{name}.weight"] = weight.float() * wide
    settings = {"activation_scheme": "dynamic", "fmt": "e4m3", "quant_method": "fp8"}
    save("fp8", settings | {"weight_block_size": [16, 32]}, tensors, expected)
    weight, scale = float8((8, 64)), torch.tensor(0.0173)
    tensors = {
        "a.weight": weight, "a.weight_scale_inv": scale, "a.activation_scale": torch.tensor(0.5)}
    settings = {"activation_scheme": "static", "quant_method": "fp8", "weight_block_size": None}
    save("fp8-tensor", settings, tensors, {"a.weight": weight.float() * scale})


def pack(numbers, bits, axis, order=None):
    """Numbers of a few bits in words of 32 along an axis, the lowest bits first."""
    numbers = np.moveaxis(numbers.astype(np.uint32), axis, -1)
    count = 32 // bits
    numbers = numbers.reshape(*numbers.shape[:-1], -1, count)
    if order:
        numbers = numbers[..., order]
    words = np.zeros(numbers.shape[:-1], np.uint32)
    for place in range(count):
        words |= numbers[..., place] << np.uint32(bits * place)
    return torch.from_numpy(np.moveaxis(words, -1, axis).copy().view(np.int32))


def grouped(inputs, outputs, size, bits, symmetric=False, dtype=torch.float16):
    """Numbers [inputs, outputs], zeros and scales [groups, outputs]."""
    groups = -(-inputs // size)
    numbers = random.integers(0, 1 << bits, (inputs, outputs))
    zeros = random.integers(1, 1 << bits, (groups, outputs))
    if symmetric:
        zeros[:] = 1 << (bits - 1)
    scales = (torch.rand(groups, outputs) / 50 + 1e-3).to(dtype)
    return numbers, zeros, scales


def ungrouped(numbers, zeros, scales, groups):
    """The weight [outputs, inputs]: every element exact, then rounded to float32."""
    difference = torch.from_numpy(numbers - zeros[groups]).double()
    return (difference * scales.double()[groups]).T


def make_gptq(folder, layers, bits, size, offset=1, **settings):
    tensors, expected = {}, {}
    for name, inputs, outputs, symmetric, shuffled, dtype in layers:
        numbers, zeros, scales = grouped(
            inputs, outputs, size if size > 0 else inputs, bits, symmetric, dtype)
        groups = np.arange(inputs) // (size if size > 0 else inputs)
        if shuffled:
            random.shuffle(groups)
        tensors |= {
            f"{name}.qweight": pack(numbers, bits, 0),
            f"{name}.qzeros": pack(zeros - offset, bits, 1),
            f"{name}.scales": scales,
            f"{name}.g_idx": torch.from_numpy(groups.astype(np.int32)),
            f"{name}.bias": torch.zeros(outputs, dtype=torch.float16),
        }
        expected[f"{name}.weight"] = ungrouped(numbers, zeros, scales, groups)
        expected[f"{name}.bias"] = tensors[f"{name}.bias"]
    settings = {
        "bits": bits, "group_size": size, "quant_method": "gptq", "damp_percent": 0.1,
        "true_sequential": True, "model_name_or_path": None} | settings
    save(folder, settings, tensors, expected)


def make_awq():
    tensors, expected = {}, {}
    for name, inputs, outputs in [("a", 64, 24), ("b", 44, 8)]:
        numbers, zeros, scales = grouped(inputs, outputs, 32, 4)
        zeros[0, 0] = 0
        order = [0, 2, 4, 6, 1, 3, 5, 7]
        tensors |= {
            f"{name}.qweight": pack(numbers, 4, 1, order),
            f"{name}.qzeros": pack(zeros, 4, 1, order), f"{name}.scales": scales}
        expected[f"{name}.weight"] = ungrouped(numbers, zeros, scales, np.arange(inputs) // 32)
    settings = {
        "bits": 4, "group_size": 32, "modules_to_not_convert": None, "quant_method": "awq",
        "version": "gemm", "zero_point": True}
    save("awq", settings, tensors, expected)


def four_bits(packed, state):
    """By bitsandbytes' code for every device: that for processors (0.50) is wrong where blocks go across
    rows."""
    scales = state.absmax
    if state.nested:
        scales = bnb.dequantize_blockwise(scales, state.state2) + state.offset
    return _dequantize_4bit_compute(
        packed.reshape(-1), scales, state.code, state.blocksize, state.shape, torch.float32)


def make_bitsandbytes():
    settings = {
        "_load_in_4bit": False, "_load_in_8bit": True, "llm_int8_threshold": 6.0,
        "load_in_4bit": False, "load_in_8bit": True, "quant_method": "bitsandbytes"}
    numbers, largest, _ = bnb.int8_vectorwise_quant(torch.randn(12, 64).half())
    tensors = {
        "a.weight": numbers, "a.SCB": largest, "a.weight_format": torch.tensor(0, dtype=torch.uint8)}
    save("bnb-8", settings, tensors, {"a.weight": bnb.int8_vectorwise_dequant(numbers, largest)})

    settings = settings | {
        "_load_in_4bit": True, "_load_in_8bit": False, "load_in_4bit": True, "load_in_8bit": False,
        "bnb_4bit_compute_dtype": "bfloat16", "bnb_4bit_quant_storage": "uint8"}
    for folder, kind, nested in [
        ("bnb-nf4", "nf4", False), ("bnb-nested", "nf4", True), ("bnb-fp4", "fp4", False)]:
        tensors, expected = {}, {}
        # Rows of whole blocks, rows that blocks go across, an odd number of elements.
        for name, shape in [("a", (4, 128)), ("b", (4, 96)), ("c", (3, 33))]:
            packed, state = bnb.quantize_4bit(
                torch.randn(shape), blocksize=64, quant_type=kind, compress_statistics=nested)
            tensors[f"{name}.weight"] = packed
            tensors |= {f"{name}.weight.{k}": v for k, v in state.as_dict(packed=True).items()}
            expected[f"{name}.weight"] = four_bits(packed, state)
        kinds = {"bnb_4bit_quant_type": kind, "bnb_4bit_use_double_quant": nested}
        save(folder, settings | kinds, tensors, expected)


def make_compressed(folder, form, shapes, dtype=torch.float32, **weights):
    arguments = QuantizationArgs(**weights)
    scheme = QuantizationScheme(targets=["Linear"], weights=arguments, format=form)
    compressor = BaseCompressor.get_value_from_registry(form)
    tensors, expected = {}, {}
    for name, (rows, width) in shapes.items():
        columns = {"tensor": None, "channel": 1}.get(
            weights["strategy"], width // weights.get("group_size", width))
        shape = (1,) if columns is None else (rows, columns)
        largest = 448 if weights["type"] == "float" else 1 << (weights["num_bits"] - 1)
        state = {
            "weight": torch.randn(rows, width).to(dtype),
            "weight_scale": ((torch.rand(shape) + 2) / largest).to(dtype)}
        if not weights["symmetric"]:
            state["weight_zero_point"] = torch.randint(-largest, largest, shape).to(torch.int8)
        stored = compressor.compress(dict(state), scheme)
        # In float32 throughout, which holds every product of scales of 16 bits.
        exact = stored | {"weight_scale": stored["weight_scale"].float()}
        expected[f"{name}.weight"] = compressor.decompress(exact, scheme)["weight"].float()
        tensors |= {f"{name}.{key}": value for key, value in stored.items()}
    group = {
        "input_activations": None, "output_activations": None, "targets": ["Linear"],
        "weights": json.loads(arguments.model_dump_json())}
    settings = {
        "config_groups": {"group_0": group}, "format": form, "global_compression_ratio": None,
        "ignore": ["lm_head"], "kv_cache_scheme": None, "quant_method": "compressed-tensors",
        "quantization_status": "compressed"}
    save(folder, settings, tensors, expected)


def make_llama():
    model = load_file(HERE.parents[1] / "models" / "llama-gqa" / "model.safetensors")
    tensors = {}
    for key, value in model.items():
        if not key.endswith("_proj.weight"):
            tensors[key] = value
            continue
        # Groups of 8 inputs, a scale and a zero each.
        weight = value.numpy().reshape(len(value), -1, 8)
        low = weight.min(-1, keepdims=True)
        scales = ((weight.max(-1, keepdims=True) - low) / 15).astype(np.float16)
        zeros = np.clip(np.round(-low / scales), 1, 15).astype(int)
        numbers = np.clip(np.round(weight / scales) + zeros, 0, 15).astype(int)
        name = key.removesuffix(".weight")
        tensors |= {
            f"{name}.qweight": pack(numbers.reshape(len(value), -1).T, 4, 0),
            f"{name}.qzeros": pack(zeros[..., 0].T - 1, 4, 1),
            f"{name}.scales": torch.from_numpy(scales[..., 0].T.copy())}
    file = HERE.parent / "quantized-llama.safetensors"
    save_file(tensors, file, {"format": "pt"})
    file.chmod(0o644)


half, single = torch.float16, torch.float32
make_fp8()
make_gptq(
    "gptq", [("a", 64, 24, False, False, half), ("b", 40, 8, False, False, half)], 4, 32,
    desc_act=False, sym=False)
make_gptq("gptq-order", [("a", 64, 16, True, True, half)], 4, 16, desc_act=True, sym=True)
make_gptq(
    "gptq-8", [("a", 64, 8, True, False, half), ("b", 32, 8, False, False, half)], 8, -1,
    checkpoint_format="gptq")
make_gptq(
    "gptq-v2", [("a", 64, 8, False, False, single)], 4, 32, 0, checkpoint_format="gptq_v2",
    pack_dtype="int32")
make_awq()
make_bitsandbytes()
eight = {"num_bits": 8, "symmetric": True}
make_compressed(
    "compressed-float", "float-quantized", {"a": (12, 64), "b": (3, 40)}, torch.bfloat16, type="float",
    strategy="channel", **eight)
make_compressed(
    "compressed-int", "int-quantized", {"a": (12, 64)}, type="int", strategy="tensor", **eight)
make_compressed(
    "compressed-pack", "pack-quantized", {"a": (12, 64)}, torch.bfloat16, type="int", num_bits=4,
    symmetric=True, strategy="group", group_size=32)
make_compressed(
    "compressed-zero", "pack-quantized", {"a": (12, 64), "b": (16, 32)}, torch.bfloat16, type="int",
    num_bits=4, symmetric=False, strategy="group", group_size=16)
make_compressed(
    "compressed-pack-8", "pack-quantized", {"a": (12, 64), "b": (4, 30)}, torch.bfloat16, type="int",
    strategy="channel", **eight)
make_llama()
