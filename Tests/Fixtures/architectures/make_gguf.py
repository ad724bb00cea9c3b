"""Writes the checkpoints as GGUF and checks that llama.cpp computes what transformers does.

    python make_gguf.py [FORM...]

Needs gguf, safetensors and xllamacpp. Run after make_fixtures.py.
"""

import json
import pathlib
import re
import sys

import gguf
import numpy as np
import xllamacpp
from safetensors.numpy import load_file

from gguf_forms import STORED, heads_of, rope_of
from llama_library import decoded

HERE = pathlib.Path(__file__).parent
LARGEST_FOLDER = 250_000
NAMES = {
    "add_block_count": ("num_hidden_layers", "n_layer", "num_layers"),
    "add_context_length": ("max_position_embeddings", "n_positions"),
    "add_embedding_length": ("hidden_size", "n_embd", "d_model"),
    "add_head_count": ("num_attention_heads", "n_head", "num_heads"),
    "add_head_count_kv": ("num_key_value_heads",),
    "add_layer_norm_rms_eps": ("rms_norm_eps",),
    "add_layer_norm_eps": ("layer_norm_eps", "layer_norm_epsilon", "norm_epsilon", "norm_eps"),
    "add_expert_count": ("num_local_experts",),
    "add_expert_used_count": ("num_experts_per_tok",),
    "add_key_length": ("head_dim", "d_kv"),
    "add_value_length": ("head_dim", "d_kv"),
}


def add_settings(writer, config, stored):
    writer.add_type("model")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(config["vocab_size"])
    for add, names in NAMES.items():
        value = next((config[name] for name in names if config.get(name) is not None), None)
        if add == "add_context_length" and value is None:
            value = 64
        if value is not None:
            getattr(writer, add)(value)
    inner = ("intermediate_size", "n_inner", "ffn_hidden_size", "d_ff")
    found = next((config[name] for name in inner if config.get(name) is not None), None)
    writer.add_feed_forward_length(found or 4 * (config.get("hidden_size") or config["n_embd"]))
    if config["model_type"] == "falcon":
        grouped = config["new_decoder_architecture"]
        writer.add_head_count_kv(config["num_kv_heads"] if grouped else 1)
        writer.add_tensor_data_layout("jploski")
    if config["model_type"] in ("bloom", "gpt2", "gpt_neox"):
        writer.add_head_count_kv(heads_of(config))
    rope = rope_of(config)
    if rope:
        writer.add_rope_freq_base(rope["rope_theta"])
        kind = rope["rope_type"]
        if kind in ("linear", "yarn"):
            writer.add_rope_scaling_type(gguf.RopeScalingType(kind))
            writer.add_rope_scaling_factor(rope["factor"])
        if kind == "longrope":
            writer.add_rope_scaling_type(gguf.RopeScalingType.LONGROPE)
        if kind == "yarn":
            writer.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    stored.settings(writer, config)


def add_vocabulary(writer, count):
    """Tokens that no text is cut into: three of control and single characters."""
    tokens = ["<s>", "</s>", "<pad>", *map(chr, range(ord("a"), ord("z") + 1)), "ab"]
    tokens += list(map(chr, range(ord("A"), ord("A") + count - len(tokens))))
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([control] * 3 + [normal] * (count - 3))
    writer.add_token_merges(["a b"])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(1)
    writer.add_add_bos_token(False)


def merged(weights):
    """The weights with those of a layer's experts, and of its heads' norms, in one tensor."""
    several = re.compile(r"(.*)\.(?:experts|norms)\.(\d+)\.(?:(w\d)\.)?weight")
    groups, plain = {}, {}
    for name, tensor in weights.items():
        match = several.fullmatch(name)
        if match is None:
            plain[name] = tensor
        else:
            groups.setdefault((match[1], match[3]), {})[int(match[2])] = tensor
    for (prefix, part), tensors in groups.items():
        stacked = np.stack([tensors[number] for number in range(len(tensors))])
        name = f"{prefix}.weight"
        if part:
            layers = prefix.removesuffix(".block_sparse_moe").removeprefix("model.")
            name = f"{layers}.feed_forward.experts.{part}.weight"
        plain[name] = stacked
    return plain


def write(folder, stored):
    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(folder / "model.gguf", stored.architecture)
    add_settings(writer, config, stored)
    add_vocabulary(writer, config["vocab_size"])
    architecture = {name: key for key, name in gguf.MODEL_ARCH_NAMES.items()}[stored.architecture]
    layers = max(config.get(name) or 0 for name in ("num_hidden_layers", "n_layer", "num_layers"))
    names = gguf.get_tensor_name_map(architecture, layers)
    changes = stored.changes(config)
    for name, tensor in merged(load_file(folder / "model.safetensors")).items():
        change = next((c for ending, c in changes.items() if name.endswith(ending)), None)
        if change is not None:
            tensor = change(tensor)
        # The maps know some names without their prefix only.
        spellings = (name, name.removeprefix("transformer."))
        found = (names.get_name(spelling, (".weight", ".bias")) for spelling in spellings)
        new = next(filter(None, found), None)
        assert new is not None, name
        writer.add_tensor(new, np.ascontiguousarray(tensor, dtype=np.float32))
    for name, tensor in stored.more(config).items():
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def server(path):
    parameters = xllamacpp.CommonParams()
    parameters.model.path = str(path)
    parameters.n_ctx = 64
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = 1
    parameters.warmup = False
    parameters.cache_type_k = parameters.cache_type_v = xllamacpp.ggml_type.GGML_TYPE_F32
    parameters.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    return xllamacpp.Server(parameters)


def log_probabilities(running, ids, count):
    """What llama.cpp expects to follow ids."""
    answer = running.handle_completions(
        {"prompt": ids, "n_predict": 1, "n_probs": count, "cache_prompt": False}
    )
    answer = json.loads(answer) if isinstance(answer, str) else answer
    choices = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    values = np.full(count, np.nan)
    for choice in choices:
        values[choice["id"]] = choice["logprob"]
    return values


def distance_of_decoder(folder, expected, text):
    ids, decoder_ids = (expected[f"{text}.{part}"].tolist() for part in ("ids", "decoder"))
    wanted = expected[f"{text}.logits"]
    got = decoded(folder / "model.gguf", ids, decoder_ids, wanted.shape[1])
    return np.abs(got - wanted).max()


def distances(folder, stored):
    """Of texts and a beginning of the long one: how far llama.cpp is from transformers."""
    expected = load_file(folder / "expected.safetensors")
    if "long.decoder" in expected:
        return {text: distance_of_decoder(folder, expected, text) for text in ("short", "long")}
    running = server(folder / "model.gguf")
    found = {}
    for text in ("short", "long"):
        ids, logits = expected[f"{text}.ids"].tolist(), expected[f"{text}.logits"].astype(float)
        count = logits.shape[1]
        for length in {len(ids), len(ids) - 3}:
            row = logits[length - 1]
            wanted = row - np.log(np.exp(row - row.max()).sum()) - row.max()
            got = log_probabilities(running, ids[:length], count)
            found[text] = max(found.get(text, 0), np.abs(got - wanted).max())
    return found


def main():
    for name in sys.argv[1:] or STORED:
        stored, folder = STORED[name], HERE / name
        write(folder, stored)
        (folder / "model.gguf").chmod(0o644)
        found = distances(folder, stored)
        told = ", ".join(f"{text} {distance:.0e}" for text, distance in found.items())
        size = sum(path.stat().st_size for path in folder.iterdir())
        print(f"{name}: {size / 1000:.0f} kB, {told}", flush=True)
        assert size <= LARGEST_FOLDER, size
        for text, distance in found.items():
            assert (distance < stored.tolerance) == (text in stored.holds), (name, text)


if __name__ == "__main__":
    main()
