"""The encoders, with a head for masked tokens or for labels."""

from encoder_sites import albert, bert, deberta, distilbert, modernbert, mpnet
from forms import encoder, without

SIZES = dict(
    hidden_size=16,
    intermediate_size=24,
    num_hidden_layers=3,
    num_attention_heads=4,
    max_position_embeddings=32,
)
LABELS = dict(num_labels=3)
# Positions count from behind the padding id in these.
PADDED = dict(bos_token_id=0, pad_token_id=1, eos_token_id=2)
# Of a window of 8 half is on each side.
WINDOW = 8

DISTILBERT = dict(dim=16, hidden_dim=24, n_layers=3, n_heads=4, max_position_embeddings=32)
ELECTRA = dict(**SIZES, embedding_size=12, type_vocab_size=2)
ALBERT = dict(**SIZES, embedding_size=12, type_vocab_size=2)
# What the second and the third version have, and what the larger of the second has besides.
SHARED = dict(
    relative_attention=True,
    pos_att_type="p2c|c2p",
    share_att_key=True,
    norm_rel_ebd="layer_norm",
    position_buckets=4,
    max_relative_positions=-1,
    position_biased_input=False,
    type_vocab_size=0,
    layer_norm_eps=1e-7,
)
DEBERTA_SWITCHES = {
    "keys of positions": dict(pos_att_type="p2c"),
    "queries of positions": dict(pos_att_type="c2p"),
}
V3_SWITCHES = {**DEBERTA_SWITCHES, "norm of relative positions": dict(norm_rel_ebd="none")}
MODERN_ROPE = {
    "full_attention": {"rope_type": "default", "rope_theta": 1000.0},
    "sliding_attention": {"rope_type": "default", "rope_theta": 100.0},
}
MODERNBERT = dict(
    **{**SIZES, "num_hidden_layers": 4},
    local_attention=WINDOW,
    cls_token_id=0,
    sep_token_id=1,
    rope_parameters=MODERN_ROPE,
)
TYPES = {"token types": without("token_type_embeddings.weight")}
GELU = {"exact GELU": dict(hidden_act="gelu_new")}


def modern_rope(kind, theta):
    return dict(rope_parameters={**MODERN_ROPE, kind: {**MODERN_ROPE[kind], "rope_theta": theta}})


MODERN_SWITCHES = {
    "window of 4 to each side on local layers": dict(local_attention=64),
    "every third layer is global": dict(layer_types=["full_attention"] + ["sliding_attention"] * 3),
    "base of global layers": modern_rope("full_attention", 10.0),
    "base of local layers": modern_rope("sliding_attention", 10.0),
}


def positions(path):
    """A switch that counts positions from 0."""

    def change(model):
        weight = model.get_submodule(path).weight.data
        weight.copy_(weight.roll(-2, 0))

    return change


ENCODERS = [
    encoder(
        "xlm-roberta",
        "XLMRobertaForMaskedLM",
        "XLMRobertaConfig",
        bert,
        dict(**SIZES, **PADDED, type_vocab_size=1, layer_norm_eps=1e-5),
        {"positions count from 2": positions("roberta.embeddings.position_embeddings"), **GELU},
        "roberta.encoder.layer",
        notes=["tied head with a bias", "one token type"],
    ),
    encoder(
        "distilbert",
        "DistilBertForMaskedLM",
        "DistilBertConfig",
        distilbert,
        DISTILBERT,
        {
            "exact GELU": dict(activation="gelu_new"),
            "learned positions": without("position_embeddings.weight"),
        },
        "distilbert.transformer.layer",
        notes=["no token types", "tied head with a bias"],
    ),
    encoder(
        "distilbert-classifier",
        "DistilBertForSequenceClassification",
        "DistilBertConfig",
        distilbert,
        dict(**DISTILBERT, **LABELS),
        {"bias before the ReLU": without("pre_classifier.bias")},
        "distilbert.transformer.layer",
        kind="classifier",
        notes=["pre_classifier and ReLU, no pooler"],
    ),
    encoder(
        "electra",
        "ElectraForMaskedLM",
        "ElectraConfig",
        bert,
        ELECTRA,
        {**TYPES, **GELU, "projection's bias": without("embeddings_project.bias")},
        "electra.encoder.layer",
        types=True,
        notes=["embedding_size ≠ hidden_size", "tied head with a bias"],
    ),
    encoder(
        "electra-classifier",
        "ElectraForSequenceClassification",
        "ElectraConfig",
        bert,
        dict(**ELECTRA, **LABELS),
        {**TYPES, "bias before the GELU": without("classifier.dense.bias")},
        "electra.encoder.layer",
        kind="classifier",
        types=True,
        notes=["the head has a dense layer with exact GELU, no pooler"],
    ),
    encoder(
        "albert",
        "AlbertForMaskedLM",
        "AlbertConfig",
        albert,
        ALBERT,
        {**TYPES, "tanh GELU": dict(hidden_act="gelu"), "three layers": dict(num_hidden_layers=2)},
        "albert.encoder.albert_layer_groups.0.albert_layers",
        types=True,
        notes=["one layer's weights for all", "embedding_size ≠ hidden_size", "tied head"],
    ),
    encoder(
        "albert-classifier",
        "AlbertForSequenceClassification",
        "AlbertConfig",
        albert,
        dict(**ALBERT, **LABELS),
        {**TYPES, "pooler's bias": without("pooler.bias")},
        "albert.encoder.albert_layer_groups.0.albert_layers",
        kind="classifier",
        types=True,
        notes=["pooler with tanh"],
    ),
    encoder(
        "deberta-v2",
        "DebertaV2ForMaskedLM",
        "DebertaV2Config",
        deberta,
        dict(
            **SIZES,
            relative_attention=True,
            pos_att_type="c2p|p2c",
            max_relative_positions=WINDOW,
            type_vocab_size=2,
        ),
        {
            **DEBERTA_SWITCHES,
            **TYPES,
            "learned positions": without("embeddings.position_embeddings.weight"),
        },
        "deberta.encoder.layer",
        types=True,
        notes=["projections of positions of their own", "no buckets: distances to 8"],
    ),
    encoder(
        "deberta-v2-xlarge",
        "DebertaV2ForMaskedLM",
        "DebertaV2Config",
        deberta,
        dict(**SIZES, **SHARED, conv_kernel_size=3, conv_act="gelu"),
        {**V3_SWITCHES, "convolution after the first block": dict(conv_kernel_size=0)},
        "deberta.encoder.layer",
        notes=["logarithmic buckets", "projections shared with positions"],
    ),
    encoder(
        "deberta-v3",
        "DebertaV2ForMaskedLM",
        "DebertaV2Config",
        deberta,
        dict(**SIZES, **SHARED),
        V3_SWITCHES,
        "deberta.encoder.layer",
        notes=["logarithmic buckets", "projections shared with positions"],
    ),
    encoder(
        "deberta-v3-classifier",
        "DebertaV2ForSequenceClassification",
        "DebertaV2Config",
        deberta,
        dict(**SIZES, **SHARED, **LABELS, pooler_hidden_act="gelu"),
        {**V3_SWITCHES, "pooler's bias": without("pooler.dense.bias")},
        "deberta.encoder.layer",
        kind="classifier",
        notes=["pooler with exact GELU"],
    ),
    encoder(
        "modernbert",
        "ModernBertForMaskedLM",
        "ModernBertConfig",
        modernbert,
        MODERNBERT,
        {**MODERN_SWITCHES, "exact GELU": dict(hidden_activation="gelu_new")},
        "model.layers",
        post_norm=False,
        notes=["no norm before the first attention", "norms without biases", "tied head"],
    ),
    encoder(
        "modernbert-classifier",
        "ModernBertForSequenceClassification",
        "ModernBertConfig",
        modernbert,
        dict(**MODERNBERT, **LABELS, classifier_pooling="mean"),
        {**MODERN_SWITCHES, "mean over positions": dict(classifier_pooling="cls")},
        "model.layers",
        kind="classifier",
        post_norm=False,
        seed=1,
    ),
    encoder(
        "mpnet",
        "MPNetForMaskedLM",
        "MPNetConfig",
        mpnet,
        dict(**SIZES, **PADDED),
        {
            "positions count from 2": positions("mpnet.embeddings.position_embeddings"),
            "relative positions": without("relative_attention_bias.weight"),
            **GELU,
        },
        "mpnet.encoder.layer",
        notes=["32 buckets of distances to 128, of all layers together", "tied head with a bias"],
    ),
]
