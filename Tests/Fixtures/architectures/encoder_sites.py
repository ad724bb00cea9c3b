"""Where the components are in the blocks of encoders, and of what has an encoder and a decoder."""

from forms import KEYS, columns, into, out
from sites import block, ungated


def named(prefix, query, key, value, output, keys=KEYS):
    """Attention's components where its modules have these names."""
    return {
        "attention_input": into(f"{prefix}.{query}"),
        "query_output": out(f"{prefix}.{query}"),
        "key_output": out(f"{prefix}.{key}"),
        "value_output": out(f"{prefix}.{value}"),
        "positioned_key_output": keys or out(f"{prefix}.{key}"),
        "attention_value_output": into(output),
        "attention_output": out(output),
    }


def normed_after(attention, norm, first, activation, second):
    """A block that norms the stream after each addition."""
    return {
        "block_input": into(""),
        "block_output": out(""),
        **attention,
        "resid_mid": out(norm),
        **ungated(first, activation, second),
        "mlp_output": out(second),
    }


BERT_MLP = ("intermediate.dense", "intermediate.intermediate_act_fn", "output.dense")


def bert(config):
    attention = named("attention.self", "query", "key", "value", "attention.output.dense")
    return normed_after(attention, "attention.output.LayerNorm", *BERT_MLP)


def distilbert(config):
    attention = named("attention", "q_lin", "k_lin", "v_lin", "attention.out_lin")
    return normed_after(attention, "sa_layer_norm", "ffn.lin1", "ffn.activation", "ffn.lin2")


def albert(config):
    attention = named("attention", "query", "key", "value", "attention.dense")
    return normed_after(attention, "attention.LayerNorm", "ffn", "activation", "ffn_output")


def deberta(config):
    names = ("query_proj", "key_proj", "value_proj")
    attention = named("attention.self", *names, "attention.output.dense", keys=None)
    return normed_after(attention, "attention.output.LayerNorm", *BERT_MLP)


def mpnet(config):
    attention = named("attention.attn", "q", "k", "v", "attention.attn.o", keys=None)
    return normed_after(attention, "attention.LayerNorm", *BERT_MLP)


def modernbert(config):
    width, inner = config.hidden_size, config.intermediate_size
    return {
        **block("attn", "attn.Wqkv", "mlp", "mlp_norm"),
        "query_output": out("attn.Wqkv", columns(0, width)),
        "key_output": out("attn.Wqkv", columns(width, 2 * width)),
        "value_output": out("attn.Wqkv", columns(2 * width, None)),
        "positioned_key_output": KEYS,
        "attention_value_output": into("attn.Wo"),
        "mlp_input": into("mlp.Wi"),
        "gate_output": out("mlp.Wi", columns(0, inner)),
        "up_output": out("mlp.Wi", columns(inner, None)),
        "mlp_activation": out("mlp.act"),
        "mlp_hidden": into("mlp.Wo"),
    }


def crossed(prefix, query, key, value, output):
    """The components of a decoder's attention to the encoder's results."""
    return {
        "cross_attention_input": into(f"{prefix}.{query}"),
        "cross_query_output": out(f"{prefix}.{query}"),
        "cross_key_output": out(f"{prefix}.{key}"),
        "cross_value_output": out(f"{prefix}.{value}"),
        "cross_attention_value_output": into(f"{prefix}.{output}"),
        "cross_attention_output": out(f"{prefix}.{output}"),
    }


def t5_stack(config, last):
    mlp = f"layer.{last}.DenseReluDense"
    sites = {
        "block_input": into(""),
        "block_output": out(""),
        **named("layer.0.SelfAttention", "q", "k", "v", "layer.0.SelfAttention.o", keys=None),
        "resid_mid": into("layer.1.layer_norm"),
        "mlp_output": out(f"{mlp}.wo"),
    }
    if not config.is_gated_act:
        return {**sites, **ungated(f"{mlp}.wi", f"{mlp}.act", f"{mlp}.wo")}
    return {
        **sites,
        **ungated(f"{mlp}.wi_1", f"{mlp}.act", f"{mlp}.wo"),
        "gate_output": out(f"{mlp}.wi_0"),
    }


def t5_encoder(config):
    return t5_stack(config, 1)


def t5_decoder(config):
    return {
        **t5_stack(config, 2),
        "resid_mid_cross": into("layer.2.layer_norm"),
        **crossed("layer.1.EncDecAttention", "q", "k", "v", "o"),
    }


BART_ATTENTION = ("q_proj", "k_proj", "v_proj")


def bart_encoder(config):
    attention = named("self_attn", *BART_ATTENTION, "self_attn.out_proj", keys=None)
    return normed_after(attention, "self_attn_layer_norm", "fc1", "activation_fn", "fc2")


def bart_decoder(config):
    return {
        **bart_encoder(config),
        "resid_mid_cross": out("encoder_attn_layer_norm"),
        **crossed("encoder_attn", *BART_ATTENTION, "out_proj"),
    }
