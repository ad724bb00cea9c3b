"""The decoders: their settings, and where the components are in their blocks."""

import transformers as t

from forms import KEYS, Form, columns, interleaved, into, out, plain, without

SIZES = dict(
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=3,
    num_attention_heads=4,
    max_position_embeddings=64,
)
GROUPED = dict(num_key_value_heads=2)
WIDE = dict(head_dim=8)
ROPE = dict(rope_parameters={"rope_type": "default", "rope_theta": 100.0})
OTHER_ROPE = dict(rope_parameters={"rope_type": "default", "rope_theta": 10000.0})
WINDOW = 8


def three_projections(attention, output="o_proj"):
    """Where a self-attention has a module for each of q, k and v."""
    return {
        "query_output": out(f"{attention}.q_proj"),
        "key_output": out(f"{attention}.k_proj"),
        "value_output": out(f"{attention}.v_proj"),
        "positioned_key_output": KEYS,
        "attention_value_output": into(f"{attention}.{output}"),
    }


def block(attention, read, mlp, middle=None):
    """What every block has: its ends, what attention and MLP read, and what they add."""
    sites = {
        "block_input": into(""),
        "block_output": out(""),
        "attention_input": into(read),
        "attention_output": out(attention),
        "mlp_output": out(mlp),
    }
    return {**sites, "resid_mid": into(middle)} if middle else sites


def gated(mlp="mlp"):
    return {
        "mlp_input": into(f"{mlp}.gate_proj"),
        "gate_output": out(f"{mlp}.gate_proj"),
        "up_output": out(f"{mlp}.up_proj"),
        "mlp_activation": out(f"{mlp}.act_fn"),
        "mlp_hidden": into(f"{mlp}.down_proj"),
    }


def ungated(first, activation, second):
    return {
        "mlp_input": into(first),
        "up_output": out(first),
        "mlp_activation": out(activation),
        "mlp_hidden": into(second),
    }


def llama(config):
    return {
        **block("self_attn", "self_attn.q_proj", "mlp", "post_attention_layernorm"),
        **three_projections("self_attn"),
        **gated(),
    }


def gpt2(config):
    width = config.hidden_size
    return {
        **block("attn", "attn.c_attn", "mlp", "ln_2"),
        "query_output": out("attn.c_attn", columns(0, width)),
        "key_output": out("attn.c_attn", columns(width, 2 * width)),
        "value_output": out("attn.c_attn", columns(2 * width, 3 * width)),
        "positioned_key_output": KEYS,
        "attention_value_output": into("attn.c_proj"),
        **ungated("mlp.c_fc", "mlp.act", "mlp.c_proj"),
    }


def normed_twice(config):
    """Gemma's later blocks: what the sub-layers make is normed before it is added."""
    return {
        **llama(config),
        "attention_projection": out("self_attn.o_proj"),
        "attention_output": out("post_attention_layernorm"),
        "resid_mid": into("pre_feedforward_layernorm"),
        "mlp_projection": out("mlp.down_proj"),
        "mlp_output": out("post_feedforward_layernorm"),
    }


def olmo2(config):
    return {**normed_twice(config), "resid_mid": into("mlp")}


def gpt_neox(config):
    heads = config.num_attention_heads
    middle = None if config.use_parallel_residual else "post_attention_layernorm"
    fused = "attention.query_key_value"
    return {
        **block("attention", fused, "mlp", middle),
        "query_output": out(fused, interleaved(heads, 0)),
        "key_output": out(fused, interleaved(heads, 1)),
        "value_output": out(fused, interleaved(heads, 2)),
        "positioned_key_output": KEYS,
        "attention_value_output": into("attention.dense"),
        **ungated("mlp.dense_h_to_4h", "mlp.act", "mlp.dense_4h_to_h"),
    }


def gptj(config):
    return {
        **block("attn", "attn.q_proj", "mlp"),
        **three_projections("attn", "out_proj"),
        **ungated("mlp.fc_in", "mlp.act", "mlp.fc_out"),
    }


def opt(config):
    before = config.do_layer_norm_before
    return {
        **block("self_attn", "self_attn.q_proj", "fc2"),
        "resid_mid": into("final_layer_norm") if before else out("self_attn_layer_norm"),
        **three_projections("self_attn", "out_proj"),
        **ungated("fc1", "activation_fn", "fc2"),
    }


GPT2 = dict(n_embd=16, n_layer=3, n_head=4, n_positions=32)
GPT2_SWITCHES = {
    "learned positions": without("wpe.weight"),
    "tanh GELU": dict(activation_function="gelu"),
    "biases of attention": without("attn.c_attn.bias", "attn.c_proj.bias"),
    "biases of the MLP": without("c_fc.bias", "mlp.c_proj.bias"),
    "biases of norms": without("ln_1.bias", "ln_2.bias", "ln_f.bias"),
}

GEMMA_SWITCHES = {
    "tanh GELU": dict(hidden_activation="gelu"),
    "norms multiply with 1 + weight": plain("norm.weight", value=0.0),
}
NEOX = dict(
    **{**SIZES, "hidden_size": 24},
    rope_parameters={"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.7},
)
NEOX_SWITCHES = {
    "exact GELU": dict(hidden_act="gelu_new"),
    "rotation of int(0.7 × 6) = 4 dimensions": dict(
        rope_parameters={"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 1.0}
    ),
    "biases": without("query_key_value.bias", "dense.bias"),
}
QWEN2 = dict(**SIZES, **GROUPED, **ROPE)
QWEN2_SWITCHES = {
    "biases of q and k": without("q_proj.bias", "k_proj.bias"),
    "bias of v": without("v_proj.bias"),
    "base of the rotation": OTHER_ROPE,
}
GEMMA3_ROPE = {
    "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
    "full_attention": {"rope_type": "linear", "rope_theta": 1000.0, "factor": 4.0},
}


def gemma3_rope(kind, **replaced):
    return dict(rope_parameters={**GEMMA3_ROPE, kind: {**GEMMA3_ROPE[kind], **replaced}})


GPTJ = dict(n_embd=24, n_layer=3, n_head=4, n_positions=32, n_inner=32, rotary_dim=4)
OPT = dict(
    hidden_size=16,
    ffn_dim=24,
    num_hidden_layers=3,
    num_attention_heads=4,
    max_position_embeddings=32,
)
OPT_SWITCHES = {
    "ReLU": dict(activation_function="gelu"),
    "positions count from 2": lambda model: model.model.decoder.embed_positions.weight.data.copy_(
        model.model.decoder.embed_positions.weight.data.roll(-2, 0)
    ),
    "biases": without("_proj.bias", "fc1.bias", "fc2.bias"),
}
OLMO = dict(**SIZES, **GROUPED, **ROPE)


def form(
    name, prefix, sites, settings, switches, blocks=None, notes=(), kind="decoder", written=None
):
    head = "LMHeadModel" if prefix == "GPT2" else "ForCausalLM"
    if kind == "classifier":
        head = "ForSequenceClassification"
    return Form(
        name,
        getattr(t, prefix.removesuffix("Text") + head),
        getattr(t, f"{prefix}Config"),
        settings,
        blocks or "model.layers",
        sites,
        switches,
        kind,
        list(notes),
        written=written or {},
    )


DECODERS = [
    form("gpt2", "GPT2", gpt2, GPT2, GPT2_SWITCHES, "transformer.h"),
    form(
        "gpt2-scaled",
        "GPT2",
        gpt2,
        dict(**GPT2, n_inner=24, scale_attn_by_inverse_layer_idx=True, reorder_and_upcast_attn=True),
        {
            "scores divided by the layer's number": dict(scale_attn_by_inverse_layer_idx=False),
            **GPT2_SWITCHES,
        },
        "transformer.h",
        ["n_inner that is not 4 n_embd"],
    ),
    form(
        "gemma2",
        "Gemma2",
        normed_twice,
        dict(
            **SIZES,
            **GROUPED,
            **WIDE,
            **ROPE,
            query_pre_attn_scalar=5,
            sliding_window=WINDOW,
            attn_logit_softcapping=2.0,
            final_logit_softcapping=3.0,
        ),
        {
            "scale query_pre_attn_scalar^-1/2": dict(query_pre_attn_scalar=8),
            "cap of scores": dict(attn_logit_softcapping=None),
            "cap of logits": dict(final_logit_softcapping=None),
            "window of 8 on even layers": dict(layer_types=["full_attention"] * 3),
            "window on even layers only": dict(layer_types=["sliding_attention"] * 3),
            "norms of sub-layers' results": plain(
                "post_attention_layernorm.weight", "post_feedforward_layernorm.weight", value=0.0
            ),
            **GEMMA_SWITCHES,
        },
        notes=["embeddings × √d", "tied head", "head_dim ≠ hidden / heads"],
    ),
    form(
        "gpt-neox",
        "GPTNeoX",
        gpt_neox,
        NEOX,
        {"parallel": dict(use_parallel_residual=False), **NEOX_SWITCHES},
        "gpt_neox.layers",
        ["fused rows per head: [heads, 3, head_dim]"],
    ),
    form(
        "gpt-neox-sequential",
        "GPTNeoX",
        gpt_neox,
        dict(**NEOX, use_parallel_residual=False),
        {"sequential": dict(use_parallel_residual=True), **NEOX_SWITCHES},
        "gpt_neox.layers",
    ),
    form("qwen2", "Qwen2", llama, QWEN2, QWEN2_SWITCHES),
    form(
        "qwen2-window",
        "Qwen2",
        llama,
        dict(**QWEN2, use_sliding_window=True, sliding_window=WINDOW, max_window_layers=2),
        {
            "window of 8 from max_window_layers on": dict(use_sliding_window=False),
            "no window below max_window_layers": dict(max_window_layers=0),
            **QWEN2_SWITCHES,
        },
    ),
    form("qwen2-tied", "Qwen2", llama, dict(**QWEN2, tie_word_embeddings=True), QWEN2_SWITCHES),
    form(
        "qwen3",
        "Qwen3",
        llama,
        dict(**SIZES, **GROUPED, **WIDE, **ROPE),
        {
            "norm of each head's q": plain("q_norm.weight"),
            "norm of each head's k": plain("k_norm.weight"),
            "base of the rotation": OTHER_ROPE,
        },
        notes=["head_dim ≠ hidden / heads"],
    ),
    form(
        "mistral",
        "Mistral",
        llama,
        dict(**SIZES, **GROUPED, **WIDE, **ROPE, sliding_window=WINDOW),
        {"window of 8 on every layer": dict(sliding_window=None), "base of the rotation": OTHER_ROPE},
        notes=["head_dim ≠ hidden / heads"],
    ),
    form(
        "mistral-full",
        "Mistral",
        llama,
        dict(**SIZES, **GROUPED, **WIDE, **ROPE, sliding_window=None),
        {"no window": dict(sliding_window=WINDOW), "base of the rotation": OTHER_ROPE},
    ),
    form(
        "gemma3",
        "Gemma3Text",
        normed_twice,
        dict(
            **SIZES,
            **GROUPED,
            **WIDE,
            rope_parameters=GEMMA3_ROPE,
            query_pre_attn_scalar=5,
            sliding_window=WINDOW,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        ),
        {
            "scale query_pre_attn_scalar^-1/2": dict(query_pre_attn_scalar=8),
            "window of 8 on local layers": dict(layer_types=["full_attention"] * 3),
            "no window on global layers": dict(layer_types=["sliding_attention"] * 3),
            "base of local layers": gemma3_rope("sliding_attention", rope_theta=1000.0),
            "base of global layers": gemma3_rope("full_attention", rope_theta=100.0),
            "linear scaling of global layers": gemma3_rope("full_attention", factor=1.0),
            "norm of each head's q": plain("q_norm.weight", value=0.0),
            "norm of each head's k": plain("k_norm.weight", value=0.0),
            **GEMMA_SWITCHES,
        },
        notes=["embeddings × √d", "tied head", "head_dim ≠ hidden / heads"],
    ),
    form(
        "gemma",
        "Gemma",
        llama,
        dict(**SIZES, **WIDE, **ROPE, num_key_value_heads=1),
        {
            "tanh GELU": dict(hidden_act="relu"),
            "norms multiply with 1 + weight": plain("norm.weight", value=0.0),
        },
        notes=[
            "hidden_act gelu is tanh GELU in this architecture",
            "embeddings × √d",
            "tied head",
            "multi-query",
            "head_dim ≠ hidden / heads",
        ],
        written={"hidden_act": "gelu"},
    ),
    form(
        "gptj",
        "GPTJ",
        gptj,
        GPTJ,
        {
            "rotation of 4 of 6 dimensions": dict(rotary_dim=2),
            "bias of the head": without("lm_head.bias"),
            "biases of the MLP": without("fc_in.bias", "fc_out.bias"),
            "tanh GELU": dict(activation_function="gelu"),
        },
        "transformer.h",
        ["rotation of adjacent pairs", "parallel with one norm", "no biases in attention"],
    ),
    form("opt", "OPT", opt, OPT, OPT_SWITCHES, "model.decoder.layers"),
    form(
        "opt-post-norm",
        "OPT",
        opt,
        dict(**OPT, do_layer_norm_before=False, word_embed_proj_dim=12),
        {"norms after the sub-layers": dict(do_layer_norm_before=True), **OPT_SWITCHES},
        "model.decoder.layers",
        ["project_in and project_out", "no final norm (opt-350m's form)"],
    ),
    form(
        "olmo",
        "Olmo",
        llama,
        OLMO,
        {"base of the rotation": OTHER_ROPE},
        notes=["LayerNorm without weights, epsilon 1e-5"],
    ),
    form(
        "olmo-clipped",
        "Olmo",
        llama,
        dict(**OLMO, clip_qkv=1.0),
        {"q, k and v limited to ±1": dict(clip_qkv=None)},
        notes=["query_output, key_output, value_output are before the limit"],
    ),
    form(
        "olmo2",
        "Olmo2",
        olmo2,
        OLMO,
        {
            "norm of the whole q": plain("q_norm.weight"),
            "norm of the whole k": plain("k_norm.weight"),
            "norms of sub-layers' results": plain(
                "post_attention_layernorm.weight", "post_feedforward_layernorm.weight"
            ),
        },
        notes=["no norms before the sub-layers"],
    ),
]
