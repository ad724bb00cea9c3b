"""The models with an encoder and a decoder."""

import torch

from encoder_sites import bart_decoder, bart_encoder, t5_decoder, t5_encoder
from forms import encoder_decoder, without

# The stacks have different numbers of blocks, so that none is taken for the other.
T5 = dict(
    d_model=16,
    d_kv=6,
    d_ff=16,
    num_layers=3,
    num_decoder_layers=2,
    num_heads=2,
    relative_attention_num_buckets=12,
    relative_attention_max_distance=20,
    decoder_start_token_id=2,
)
T5_BLOCKS = ("encoder.block", "decoder.block")


def relative(stack):
    return without(f"{stack}.block.0.layer.0.SelfAttention.relative_attention_bias.weight")


def scale_queries(model, factor):
    for name, parameter in model.named_parameters():
        if name.endswith("Attention.q.weight"):
            parameter.data.mul_(factor)


def scaled_queries(model):
    scale_queries(model, 6**-0.5)


def moderate(model, generator):
    """Scores and, where the head is tied, results of the order of one."""
    scale_queries(model, 0.4)
    model.shared.weight.mul_(3)


T5_SWITCHES = {
    "relative positions of the encoder": relative("encoder"),
    "relative positions of the decoder": relative("decoder"),
    "no scale of scores": scaled_queries,
    "buckets": dict(relative_attention_max_distance=8),
}


def positions(stack):
    """A switch that counts positions from 0."""

    def change(model):
        weight = model.get_submodule(f"model.{stack}.embed_positions").weight.data
        weight.copy_(weight.roll(-2, 0))

    return change


def no_bias_of_logits(model):
    model.final_logits_bias.zero_()


def random_bias_of_logits(model, generator):
    noise = torch.randn(model.final_logits_bias.shape, generator=generator)
    model.final_logits_bias.copy_(0.5 * noise)


ENCODER_DECODERS = [
    encoder_decoder(
        "t5",
        "T5",
        t5_decoder,
        t5_encoder,
        T5,
        {
            **T5_SWITCHES,
            "ReLU": dict(feed_forward_proj="gelu"),
            "result × d^-1/2": dict(tie_word_embeddings=False),
        },
        T5_BLOCKS,
        notes=["tied head", "the first block's relative positions are all blocks'"],
        weights=moderate,
    ),
    encoder_decoder(
        "t5-1.1",
        "T5",
        t5_decoder,
        t5_encoder,
        {
            **T5,
            "d_ff": 8,
            "feed_forward_proj": "gated-gelu",
            "tie_word_embeddings": False,
            "relative_attention_max_distance": 128,
        },
        {**T5_SWITCHES, "tanh GELU": dict(feed_forward_proj="gated-silu")},
        T5_BLOCKS,
        notes=["a head of its own", "result not scaled"],
        written={"tie_word_embeddings": False},
        weights=moderate,
        untied=True,
    ),
    encoder_decoder(
        "bart",
        "Bart",
        bart_decoder,
        bart_encoder,
        dict(
            d_model=12,
            encoder_layers=2,
            decoder_layers=3,
            encoder_ffn_dim=16,
            decoder_ffn_dim=12,
            encoder_attention_heads=3,
            decoder_attention_heads=2,
            max_position_embeddings=32,
            bos_token_id=0,
            pad_token_id=1,
            eos_token_id=2,
            decoder_start_token_id=2,
            forced_eos_token_id=2,
        ),
        {
            "positions count from 2 in the encoder": positions("encoder"),
            "positions count from 2 in the decoder": positions("decoder"),
            "final_logits_bias": no_bias_of_logits,
            "exact GELU": dict(activation_function="gelu_new"),
            "embeddings aren't scaled": dict(scale_embedding=True),
        },
        ("model.encoder.layers", "model.decoder.layers"),
        notes=["norms after the sub-layers", "tied head", "norms of the embeddings"],
        weights=random_bias_of_logits,
        post_norm=True,
    ),
]
