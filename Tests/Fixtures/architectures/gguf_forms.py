"""How each architecture's weights and settings stand in a GGUF file."""

import dataclasses
import math
from collections.abc import Callable

import numpy as np


def fused_by_heads(heads):
    """Rows `[heads, 3, width]` reordered to those of all queries, keys and values."""

    def reorder(tensor):
        rows = tensor.reshape(heads, 3, tensor.shape[0] // heads // 3, -1)
        return rows.swapaxes(0, 1).reshape(tensor.shape)

    return reorder


def fused_by_groups(heads, groups):
    """Rows of each group's queries, key and value reordered in the same way."""

    def reorder(tensor):
        rows = tensor.reshape(groups, heads // groups + 2, -1, tensor.shape[1])
        parts = [rows[:, :-2], rows[:, -2], rows[:, -1]]
        return np.concatenate([part.reshape(-1, tensor.shape[1]) for part in parts])

    return reorder


def neighbors(heads):
    """Rows of each head reordered: what the rotation turns together stands together."""

    def reorder(tensor):
        rows = tensor.reshape(heads, 2, tensor.shape[0] // heads // 2, -1)
        return rows.swapaxes(1, 2).reshape(tensor.shape)

    return reorder


@dataclasses.dataclass
class Stored:
    """A form's GGUF file.

    `changes` are pairs of endings of names and what is made of the tensor. `settings` writes what
    not all architectures have. `holds` are the texts of which llama.cpp computes the same.
    """

    architecture: str
    changes: Callable = lambda config: {}
    settings: Callable = lambda writer, config: None
    holds: tuple = ("short", "long")
    more: Callable = lambda config: {}
    # llama.cpp looks the tanh GELU up in a table of half precision.
    tolerance: float = 1e-4


def heads_of(config):
    return config.get("num_attention_heads") or config.get("n_head") or config["num_heads"]


def head_width(config):
    width = config.get("hidden_size") or config["n_embd"]
    return config.get("head_dim") or width // heads_of(config)


def rope_of(config):
    rope = config.get("rope_parameters") or {}
    return rope.get("full_attention", rope)


def rotated(writer, config):
    width = head_width(config) * rope_of(config).get("partial_rotary_factor", 1.0)
    writer.add_rope_dimension_count(int(width))


def permuted(config):
    grouped = config.get("num_key_value_heads") or heads_of(config)
    return {
        "q_proj.weight": neighbors(heads_of(config)),
        "k_proj.weight": neighbors(grouped),
    }


def transposed(config):
    turn = np.transpose
    return {"c_attn.weight": turn, "c_proj.weight": turn, "c_fc.weight": turn}


def one_more(config):
    return {"norm.weight": lambda tensor: tensor + 1}


def scaled_queries(config):
    """llama.cpp takes the scale of scores from the heads' width: the rest is put into queries."""
    factor = (head_width(config) / config["query_pre_attn_scalar"]) ** 0.5
    return {"q_proj.weight": lambda tensor: tensor * np.float32(factor), **one_more(config)}


def normed_queries(config):
    """As before; where queries are normed, into the norm's weights."""
    factor = (head_width(config) / config["query_pre_attn_scalar"]) ** 0.5
    return {
        "q_norm.weight": lambda tensor: (tensor + 1) * np.float32(factor),
        **one_more(config),
    }


def gemma2_settings(writer, config):
    writer.add_attn_logit_softcapping(config["attn_logit_softcapping"])
    writer.add_final_logit_softcapping(config["final_logit_softcapping"])
    writer.add_sliding_window(config["sliding_window"])


def gemma3_settings(writer, config):
    writer.add_sliding_window(config["sliding_window"])
    writer.add_sliding_window_pattern(3)
    writer.add_rope_freq_base_swa(config["rope_parameters"]["sliding_attention"]["rope_theta"])


def neox_settings(writer, config):
    rotated(writer, config)
    writer.add_parallel_residual(config["use_parallel_residual"])


def olmo_settings(writer, config):
    writer.add_layer_norm_eps(1e-5)
    if config["clip_qkv"] is not None:
        writer.add_clamp_kqv(config["clip_qkv"])


def stablelm_settings(writer, config):
    rotated(writer, config)
    writer.add_parallel_residual(config["use_parallel_residual"])


def granite_settings(writer, config):
    rotated(writer, config)
    writer.add_attention_scale(config["attention_multiplier"])
    writer.add_embedding_scale(config["embedding_multiplier"])
    writer.add_residual_scale(config["residual_multiplier"])
    writer.add_logit_scale(config["logits_scaling"])


def cohere_settings(writer, config):
    rotated(writer, config)
    writer.add_logit_scale(config["logit_scale"])
    if "sliding_window" in config:
        writer.add_sliding_window(config["sliding_window"])
        writer.add_sliding_window_pattern(3)


def long_settings(writer, config):
    rotated(writer, config)
    rope = config["rope_parameters"]
    original = rope["original_max_position_embeddings"]
    factor = rope.get("factor") or config["max_position_embeddings"] / original
    writer.add_rope_scaling_orig_ctx_len(original)
    writer.add_rope_scaling_attn_factors(math.sqrt(1 + math.log(factor) / math.log(original)))
    if config["model_type"] == "phi3":
        writer.add_sliding_window(config["sliding_window"] or 0)


def long_factors(config):
    rope = config["rope_parameters"]
    return {
        "rope_factors_long.weight": np.array(rope["long_factor"], dtype=np.float32),
        "rope_factors_short.weight": np.array(rope["short_factor"], dtype=np.float32),
    }


def llama3_factors(config):
    """What the scaling divides each frequency by."""
    rope = config["rope_parameters"]
    width = head_width(config)
    factors = []
    for pair in range(width // 2):
        wavelength = 2 * math.pi * rope["rope_theta"] ** (2 * pair / width)
        turns = rope["original_max_position_embeddings"] / wavelength
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        smooth = min(max((turns - low) / (high - low), 0), 1)
        factors.append(1 / ((1 - smooth) / rope["factor"] + smooth))
    return {"rope_freqs.weight": np.array(factors, dtype=np.float32)}


def t5_settings(writer, config):
    writer.add_decoder_block_count(config["num_decoder_layers"])
    writer.add_relative_attn_buckets_count(config["relative_attention_num_buckets"])
    writer.add_decoder_start_token_id(config["decoder_start_token_id"])
    writer.add_layer_norm_rms_eps(config["layer_norm_epsilon"])


def by_heads(config):
    reorder = fused_by_heads(heads_of(config))
    return {
        "query_key_value.weight": reorder,
        "query_key_value.bias": lambda bias: reorder(bias[:, None])[:, 0],
    }


def falcon(config):
    groups = config["num_kv_heads"] if config["new_decoder_architecture"] else 1
    return {"query_key_value.weight": fused_by_groups(heads_of(config), groups)}


LLAMA = dict(changes=permuted, settings=rotated)
GELU = dict(tolerance=5e-3)
STORED = {
    "gpt2": Stored("gpt2", transposed, **GELU),
    "gemma2": Stored("gemma2", scaled_queries, gemma2_settings, **GELU),
    "gpt-neox": Stored("gptneox", by_heads, neox_settings, **GELU),
    "gpt-neox-sequential": Stored("gptneox", by_heads, neox_settings, **GELU),
    "qwen2": Stored("qwen2"),
    "qwen2-tied": Stored("qwen2"),
    "qwen3": Stored("qwen3"),
    "mistral-full": Stored("llama", **LLAMA),
    "gemma3": Stored("gemma3", normed_queries, gemma3_settings, **GELU),
    "gemma": Stored("gemma", one_more, **GELU),
    "olmo": Stored("olmo", permuted, olmo_settings),
    "olmo-clipped": Stored("olmo", permuted, olmo_settings),
    "olmo2": Stored("olmo2"),
    "phi": Stored("phi2", settings=rotated, **GELU),
    "phi3-longrope": Stored("phi3", settings=long_settings, more=long_factors, holds=("long",)),
    "bloom": Stored("bloom", by_heads, **GELU),
    "bloom-uneven": Stored("bloom", by_heads, **GELU),
    "falcon-7b": Stored("falcon", falcon, **GELU),
    "falcon-40b": Stored("falcon", falcon, **GELU),
    "stablelm": Stored("stablelm", settings=stablelm_settings),
    "stablelm-2-12b": Stored("stablelm", settings=stablelm_settings),
    "granite": Stored("granite", permuted, granite_settings),
    "cohere-plain": Stored("command-r", settings=cohere_settings),
    "cohere2": Stored("cohere2", settings=cohere_settings),
    "smollm3-default": Stored("smollm3", **LLAMA),
    "starcoder2": Stored("starcoder2", holds=("short",), **GELU),
    "mixtral": Stored("llama", **LLAMA),
    "llama-linear": Stored("llama", **LLAMA),
    "llama-yarn": Stored("llama", **LLAMA),
    "llama-longrope": Stored("llama", permuted, long_settings, ("long",), long_factors),
    "llama3-scaled": Stored("llama", **LLAMA, more=llama3_factors),
    "t5-1.1": Stored("t5", settings=t5_settings, **GELU),
}
