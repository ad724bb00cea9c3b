"""The decoders that are used most."""

from forms import decoder, plain, without
from sites import gpt2, gpt_neox, gptj, llama, normed_twice, olmo2, opt

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
# Longer than this is beyond what a model with a scaled rotation was trained for.
ORIGINAL = 12


def rope(kind="default", theta=100.0, **more):
    return dict(rope_parameters={"rope_type": kind, "rope_theta": theta, **more})


GPT2 = dict(n_embd=16, n_layer=2, n_head=4, n_positions=32)
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
    **{**SIZES, "num_attention_heads": 2},
    rope_parameters={"rope_type": "default", "rope_theta": 100.0, "partial_rotary_factor": 0.55},
)
NEOX_SWITCHES = {
    "exact GELU": dict(hidden_act="gelu_new"),
    "rotation of int(0.55 × 8) = 4 dimensions": dict(
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


GPTJ = dict(n_embd=16, n_layer=3, n_head=2, n_positions=32, n_inner=24, rotary_dim=4)
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


DECODERS = [
    decoder("gpt2", "GPT2", gpt2, GPT2, GPT2_SWITCHES, "transformer.h"),
    decoder(
        "gpt2-scaled",
        "GPT2",
        gpt2,
        dict(
            **GPT2,
            n_inner=24,
            scale_attn_by_inverse_layer_idx=True,
            reorder_and_upcast_attn=True,
        ),
        {
            "scores divided by the layer's number": dict(scale_attn_by_inverse_layer_idx=False),
            **GPT2_SWITCHES,
        },
        "transformer.h",
        notes=["n_inner that is not 4 n_embd"],
    ),
    decoder(
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
    decoder(
        "gpt-neox",
        "GPTNeoX",
        gpt_neox,
        NEOX,
        {"parallel": dict(use_parallel_residual=False), **NEOX_SWITCHES},
        "gpt_neox.layers",
        notes=["fused rows per head: [heads, 3, head_dim]"],
    ),
    decoder(
        "gpt-neox-sequential",
        "GPTNeoX",
        gpt_neox,
        dict(**NEOX, use_parallel_residual=False),
        {"sequential": dict(use_parallel_residual=True), **NEOX_SWITCHES},
        "gpt_neox.layers",
    ),
    decoder("qwen2", "Qwen2", llama, QWEN2, QWEN2_SWITCHES),
    decoder(
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
    decoder("qwen2-tied", "Qwen2", llama, dict(**QWEN2, tie_word_embeddings=True), QWEN2_SWITCHES),
    decoder(
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
    decoder(
        "mistral",
        "Mistral",
        llama,
        dict(**SIZES, **GROUPED, **WIDE, **ROPE, sliding_window=WINDOW),
        {
            "window of 8 on every layer": dict(sliding_window=None),
            "base of the rotation": OTHER_ROPE,
        },
        notes=["head_dim ≠ hidden / heads"],
    ),
    decoder(
        "mistral-full",
        "Mistral",
        llama,
        dict(**SIZES, **GROUPED, **WIDE, **ROPE, sliding_window=None),
        {"no window": dict(sliding_window=WINDOW), "base of the rotation": OTHER_ROPE},
    ),
    decoder(
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
    decoder(
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
    decoder(
        "gptj",
        "GPTJ",
        gptj,
        GPTJ,
        {
            "rotation of 4 of 8 dimensions": dict(rotary_dim=2),
            "bias of the head": without("lm_head.bias"),
            "biases of the MLP": without("fc_in.bias", "fc_out.bias"),
            "tanh GELU": dict(activation_function="gelu"),
        },
        "transformer.h",
        notes=["rotation of adjacent pairs", "parallel with one norm", "no biases in attention"],
    ),
    decoder("opt", "OPT", opt, OPT, OPT_SWITCHES, "model.decoder.layers"),
    decoder(
        "opt-post-norm",
        "OPT",
        opt,
        dict(**OPT, do_layer_norm_before=False, word_embed_proj_dim=12),
        {"norms after the sub-layers": dict(do_layer_norm_before=True), **OPT_SWITCHES},
        "model.decoder.layers",
        notes=["project_in and project_out", "no final norm (opt-350m's form)"],
        post_norm=True,
    ),
    decoder(
        "olmo",
        "Olmo",
        llama,
        OLMO,
        {"base of the rotation": OTHER_ROPE},
        notes=["LayerNorm without weights, epsilon 1e-5"],
    ),
    decoder(
        "olmo-clipped",
        "Olmo",
        llama,
        dict(**OLMO, clip_qkv=1.0),
        {"q, k and v limited to ±1": dict(clip_qkv=None)},
        notes=["query_output, key_output, value_output are before the limit"],
    ),
    decoder(
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
