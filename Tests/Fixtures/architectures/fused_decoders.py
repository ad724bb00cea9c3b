"""BLOOM and Falcon, whose weights of queries, keys and values lie between each other."""

from decoders import OTHER_ROPE, ROPE
from forms import decoder, plain, without
from sites import bloom, falcon

FALCON = dict(
    hidden_size=16,
    num_hidden_layers=3,
    num_attention_heads=4,
    max_position_embeddings=64,
    ffn_hidden_size=24,
)


def no_alibi(model):
    for block in model.transformer.h:
        block.self_attention.beta = 0.0


FUSED_DECODERS = [
    decoder(
        "bloom",
        "Bloom",
        bloom,
        dict(hidden_size=16, n_layer=2, n_head=4),
        {
            "ALiBi": no_alibi,
            "norm of embeddings": plain("word_embeddings_layernorm.weight"),
            "biases": without("dense.bias", "query_key_value.bias"),
        },
        "transformer.h",
        notes=["fused rows per head: [heads, 3, head_dim]", "tanh GELU", "tied head"],
    ),
    decoder(
        "bloom-uneven",
        "Bloom",
        bloom,
        dict(hidden_size=12, n_layer=2, n_head=3),
        {"ALiBi": no_alibi},
        "transformer.h",
        notes=["slopes of a number of heads that isn't a power of two"],
    ),
    decoder(
        "falcon-7b",
        "Falcon",
        falcon,
        dict(**FALCON, **ROPE),
        {"exact GELU": dict(activation="gelu_new"), "base of the rotation": OTHER_ROPE},
        "transformer.h",
        notes=["multi-query, fused rows: q of all heads, k, v", "parallel with one norm", "tied"],
    ),
    decoder(
        "falcon-40b",
        "Falcon",
        falcon,
        dict(**FALCON, **ROPE, new_decoder_architecture=True, num_kv_heads=2),
        {"exact GELU": dict(activation="gelu_new"), "base of the rotation": OTHER_ROPE},
        "transformer.h",
        notes=["fused rows per group: q of its heads, k, v", "parallel with two norms"],
    ),
    decoder(
        "falcon-11b",
        "Falcon",
        falcon,
        dict(
            **FALCON,
            **ROPE,
            new_decoder_architecture=True,
            num_kv_heads=2,
            num_ln_in_parallel_attn=1,
        ),
        {"base of the rotation": OTHER_ROPE},
        "transformer.h",
        notes=["fused rows per group: q of its heads, k, v", "parallel with one norm"],
    ),
    # Eager attention adds ALiBi twice in this version of transformers; the usual one adds it once.
    decoder(
        "falcon-rw",
        "Falcon",
        falcon,
        dict(**FALCON, **ROPE, alibi=True, bias=True, multi_query=False, parallel_attn=False),
        {
            "ALiBi": dict(alibi=False),
            "biases": without("query_key_value.bias", "dense.bias"),
        },
        "transformer.h",
        notes=["sequential", "fused rows per head: [heads, 3, head_dim]", "ALiBi is scaled, too"],
        attention="sdpa",
    ),
]
