"""The other decoders."""

from decoders import GROUPED, ORIGINAL, OTHER_ROPE, ROPE, SIZES, WIDE, WINDOW, rope
from forms import decoder, plain, without
from sites import (
    gpt_neo,
    granite,
    llama,
    nemotron,
    parallel_gated,
    phi,
    phi3,
    stablelm,
    starcoder2,
)

# Heads of six dimensions, of which a part is rotated.
HEADS_OF_SIX = {**SIZES, "hidden_size": 24, "num_hidden_layers": 2}


def scaled_queries(path, factor):
    """A switch that scales all scores."""

    def change(model):
        for name, parameter in model.named_parameters():
            if name.endswith(path):
                parameter.data.mul_(factor)

    return change


PARTIAL = rope(partial_rotary_factor=0.7)
WHOLE = rope(partial_rotary_factor=1.0)
PHI_SWITCHES = {
    "rotation of int(0.7 × 6) = 4 dimensions": WHOLE,
    "bias of the head": without("lm_head.bias"),
    "biases of attention": without("_proj.bias", "dense.bias"),
    "tanh GELU": dict(hidden_act="gelu"),
}
LONG_ROPE = dict(
    short_factor=[1.0, 1.3],
    long_factor=[1.5, 3.0],
    original_max_position_embeddings=ORIGINAL,
    partial_rotary_factor=0.7,
)
STABLELM = dict(**HEADS_OF_SIX, **GROUPED, **PARTIAL)
GRANITE = dict(
    embedding_multiplier=2.5,
    residual_multiplier=0.6,
    attention_multiplier=0.3,
    logits_scaling=0.7,
)
COHERE_SWITCHES = {
    "scale of logits": dict(logit_scale=1.0),
    "LayerNorm": plain("input_layernorm.weight"),
}

NEO_AND_PHI = [
    decoder(
        "gpt-neo",
        "GPTNeo",
        gpt_neo,
        dict(
            hidden_size=16,
            intermediate_size=24,
            num_layers=4,
            num_heads=4,
            max_position_embeddings=32,
            window_size=WINDOW,
            attention_types=[[["global", "local"], 2]],
        ),
        {
            "no scale of scores": scaled_queries("q_proj.weight", 0.5),
            "window of 8 on odd layers": dict(window_size=32),
            "no window on even layers": dict(attention_types=[[["local"], 4]]),
            "tanh GELU": dict(activation_function="gelu"),
            "learned positions": without("wpe.weight"),
            "bias of attention's output": without("out_proj.bias"),
        },
        "transformer.h",
        notes=["no biases of q, k and v", "tied head"],
    ),
    decoder(
        "phi",
        "Phi",
        phi,
        dict(**HEADS_OF_SIX, **PARTIAL),
        PHI_SWITCHES,
        notes=["parallel with one norm"],
    ),
    decoder(
        "phi-qk-norm",
        "Phi",
        phi,
        dict(**HEADS_OF_SIX, **GROUPED, **PARTIAL, qk_layernorm=True),
        {"LayerNorm of each head's q and k": dict(qk_layernorm=False), **PHI_SWITCHES},
    ),
    decoder(
        "phi3",
        "Phi3",
        phi3,
        dict(
            **HEADS_OF_SIX,
            **GROUPED,
            **rope(partial_rotary_factor=1.0),
            sliding_window=WINDOW,
            original_max_position_embeddings=64,
        ),
        {"window of 8 on every layer": dict(sliding_window=None)},
        notes=["fused q, k, v and fused gate, up"],
    ),
    decoder(
        "phi3-longrope",
        "Phi3",
        phi3,
        dict(
            **HEADS_OF_SIX,
            **GROUPED,
            **rope("longrope", **LONG_ROPE),
            original_max_position_embeddings=ORIGINAL,
        ),
        {
            "longrope": rope(partial_rotary_factor=0.7),
            "long factors of long texts": rope(
                "longrope", **{**LONG_ROPE, "long_factor": LONG_ROPE["short_factor"]}
            ),
            "factor of cosine and sine from the lengths": rope(
                "longrope", **LONG_ROPE, attention_factor=1.0
            ),
        },
        notes=["rotation of 4 of 6 dimensions", "short texts have the short factors"],
    ),
]

OTHERS = [
    decoder(
        "stablelm",
        "StableLm",
        stablelm,
        dict(**STABLELM, use_qkv_bias=True),
        {
            "rotation of int(0.7 × 6) = 4 dimensions": WHOLE,
            "biases of q, k and v": dict(use_qkv_bias=False),
            "biases of norms": without("layernorm.bias"),
        },
    ),
    decoder(
        "stablelm-2-12b",
        "StableLm",
        stablelm,
        dict(**STABLELM, qk_layernorm=True, use_parallel_residual=True),
        {
            "rotation of int(0.7 × 6) = 4 dimensions": WHOLE,
            "LayerNorm of each head's q and k": dict(qk_layernorm=False),
        },
        notes=["parallel with one norm", "weights of each head's norm"],
    ),
    decoder(
        "granite",
        "Granite",
        granite,
        dict(**SIZES, **GROUPED, **ROPE, **GRANITE, tie_word_embeddings=True),
        {name: {name: 1.0} for name in GRANITE},
        notes=["attention_multiplier is the scale of scores", "logits divided", "tied head"],
    ),
    decoder(
        "cohere",
        "Cohere",
        parallel_gated,
        dict(**SIZES, **GROUPED, **ROPE, logit_scale=0.6, use_qk_norm=True),
        {"LayerNorm of each head's q and k": dict(use_qk_norm=False), **COHERE_SWITCHES},
        notes=[
            "parallel with one norm",
            "rotation of adjacent pairs",
            "no biases of norms",
            "tied head",
        ],
    ),
    decoder(
        "cohere-plain",
        "Cohere",
        parallel_gated,
        dict(**SIZES, **GROUPED, **ROPE, logit_scale=0.6),
        COHERE_SWITCHES,
        seed=1,
        notes=["no norms of q and k", "parallel with one norm", "rotation of adjacent pairs"],
    ),
    decoder(
        "cohere2",
        "Cohere2",
        parallel_gated,
        dict(
            **SIZES,
            **GROUPED,
            **ROPE,
            logit_scale=0.6,
            sliding_window=WINDOW,
            layer_types=["sliding_attention", "sliding_attention", "full_attention"],
        ),
        {
            "window and rotation only on local layers": dict(layer_types=["sliding_attention"] * 3),
            "window of 8 on local layers": dict(sliding_window=64),
            **COHERE_SWITCHES,
        },
        notes=["parallel with one norm", "rotation of adjacent pairs", "tied"],
    ),
    decoder(
        "smollm3",
        "SmolLM3",
        llama,
        dict(**SIZES, **GROUPED, **ROPE, no_rope_layers=[1, 1, 0]),
        {"no rotation on the last layer": dict(no_rope_layers=[1, 1, 1])},
        notes=["tied head"],
    ),
    decoder(
        "smollm3-default",
        "SmolLM3",
        llama,
        dict(**{**SIZES, "num_hidden_layers": 4}, **GROUPED, **ROPE),
        {"no rotation on every fourth layer": dict(no_rope_layers=[1, 1, 1, 1])},
        notes=["tied head", "config-older.json doesn't list the layers without rotation"],
    ),
    decoder(
        "starcoder2",
        "Starcoder2",
        starcoder2,
        dict(**SIZES, **GROUPED, **ROPE, sliding_window=WINDOW),
        {
            "window of 8 on every layer": dict(sliding_window=None),
            "tanh GELU": dict(hidden_act="gelu"),
            "biases": dict(use_bias=False),
        },
        notes=["tied head"],
    ),
    decoder(
        "nemotron",
        "Nemotron",
        nemotron,
        dict(**SIZES, **GROUPED, **WIDE, **rope(partial_rotary_factor=0.5)),
        {
            "squared ReLU": dict(hidden_act="relu"),
            "rotation of 4 of 8 dimensions": WHOLE,
            "LayerNorm multiplies with 1 + weight": plain("norm.weight", value=0.0),
        },
    ),
    decoder(
        "helium",
        "Helium",
        llama,
        dict(**SIZES, **GROUPED, **ROPE, head_dim=4),
        {"base of the rotation": OTHER_ROPE},
        notes=["rotation of adjacent pairs"],
    ),
]

MORE_DECODERS = [*NEO_AND_PHI, *OTHERS]
