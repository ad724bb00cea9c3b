"""Decoders with experts, the scalings of the rotation, and classifiers."""

from decoders import (
    GPT2,
    GPT2_SWITCHES,
    GROUPED,
    ORIGINAL,
    OTHER_ROPE,
    QWEN2,
    ROPE,
    SIZES,
    WIDE,
    WINDOW,
    rope,
)
from forms import decoder, without
from sites import experts, gpt2, llama

LLAMA = dict(**SIZES, **GROUPED, **WIDE)
STRETCHED = {**LLAMA, "max_position_embeddings": 4 * ORIGINAL}
YARN = dict(factor=4.0, original_max_position_embeddings=ORIGINAL)
LLAMA_LONG = dict(
    short_factor=[1.0, 1.2, 1.5, 2.0],
    long_factor=[1.0, 2.0, 3.0, 4.0],
    original_max_position_embeddings=ORIGINAL,
)
LABELS = dict(num_labels=3)

EXPERTS = [
    decoder(
        "mixtral",
        "Mixtral",
        experts,
        dict(
            **{**SIZES, "intermediate_size": 12},
            **GROUPED,
            **ROPE,
            num_local_experts=4,
            num_experts_per_tok=2,
        ),
        {"two experts": dict(num_experts_per_tok=3)},
        notes=["the chosen experts' weights add up to 1"],
    ),
    decoder(
        "qwen2-moe",
        "Qwen2Moe",
        experts,
        dict(
            **SIZES,
            **GROUPED,
            **ROPE,
            num_experts=4,
            num_experts_per_tok=2,
            moe_intermediate_size=10,
            shared_expert_intermediate_size=12,
            mlp_only_layers=[1],
        ),
        {
            "two experts": dict(num_experts_per_tok=3),
            "the chosen experts' weights don't add up to 1": dict(norm_topk_prob=True),
            "gate of the shared expert": without("shared_expert_gate.weight"),
        },
        notes=["one MLP in layer 1"],
    ),
]

SCALINGS = [
    decoder(
        "llama-linear",
        "Llama",
        llama,
        dict(**LLAMA, **rope("linear", factor=4.0)),
        {"linear scaling": rope()},
    ),
    decoder(
        "llama-dynamic",
        "Llama",
        llama,
        {**LLAMA, **rope("dynamic", factor=4.0), "max_position_embeddings": ORIGINAL},
        {"dynamic scaling of long texts": rope()},
        notes=["a text's length decides, for all its positions"],
    ),
    decoder(
        "llama-yarn",
        "Llama",
        llama,
        dict(**STRETCHED, **rope("yarn", theta=10000.0, **YARN)),
        {
            "yarn": rope(theta=10000.0),
            "factor of cosine and sine": rope("yarn", theta=10000.0, **YARN, attention_factor=1.0),
            "beta_fast 32, beta_slow 1": rope("yarn", theta=10000.0, **YARN, beta_slow=0.1),
        },
    ),
    decoder(
        "llama-longrope",
        "Llama",
        llama,
        dict(**STRETCHED, **rope("longrope", **LLAMA_LONG, factor=4.0)),
        {
            "longrope": rope(),
            "long factors of long texts": rope(
                "longrope", **{**LLAMA_LONG, "long_factor": LLAMA_LONG["short_factor"]}, factor=4.0
            ),
            "factor of cosine and sine": rope(
                "longrope", **LLAMA_LONG, factor=4.0, attention_factor=1.0
            ),
        },
    ),
    decoder(
        "llama3-scaled",
        "Llama",
        llama,
        dict(
            **LLAMA,
            **rope(
                "llama3",
                theta=10000.0,
                factor=8.0,
                low_freq_factor=1.0,
                high_freq_factor=4.0,
                original_max_position_embeddings=32,
            ),
        ),
        {"scaling": rope(theta=10000.0)},
    ),
]

CLASSIFIERS = [
    decoder(
        "llama-classifier",
        "Llama",
        llama,
        dict(**LLAMA, **ROPE, **LABELS),
        {"base of the rotation": OTHER_ROPE},
        kind="classifier",
    ),
    decoder(
        "mistral-classifier",
        "Mistral",
        llama,
        dict(**LLAMA, **ROPE, **LABELS, sliding_window=WINDOW),
        {"window of 8 on every layer": dict(sliding_window=None)},
        kind="classifier",
    ),
    decoder(
        "qwen2-classifier",
        "Qwen2",
        llama,
        dict(**QWEN2, **LABELS),
        {"base of the rotation": OTHER_ROPE},
        kind="classifier",
    ),
    decoder(
        "gpt2-classifier",
        "GPT2",
        gpt2,
        dict(**GPT2, **LABELS, n_inner=24),
        {"learned positions": GPT2_SWITCHES["learned positions"]},
        "transformer.h",
        kind="classifier",
        notes=["pad_token_id"],
    ),
]

DECODER_VARIANTS = [*EXPERTS, *SCALINGS, *CLASSIFIERS]
