"""Where the components are in the decoders' blocks."""

from forms import KEYS, columns, grouped, interleaved, into, out, rotated_keys


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
        "positioned_key_output": out("attn.c_attn", columns(width, 2 * width)),
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


def gpt_neo(config):
    return {
        **block("attn", "attn.attention.q_proj", "mlp", "ln_2"),
        **three_projections("attn.attention", "out_proj"),
        "positioned_key_output": out("attn.attention.k_proj"),
        **ungated("mlp.c_fc", "mlp.act", "mlp.c_proj"),
    }


def phi(config):
    return {
        **block("self_attn", "self_attn.q_proj", "mlp"),
        **three_projections("self_attn", "dense"),
        **ungated("mlp.fc1", "mlp.activation_fn", "mlp.fc2"),
    }


def phi3(config):
    head = config.hidden_size // config.num_attention_heads
    queries = config.num_attention_heads * head
    keys = queries + config.num_key_value_heads * head
    width = config.intermediate_size
    return {
        **block("self_attn", "self_attn.qkv_proj", "mlp", "post_attention_layernorm"),
        "query_output": out("self_attn.qkv_proj", columns(0, queries)),
        "key_output": out("self_attn.qkv_proj", columns(queries, keys)),
        "value_output": out("self_attn.qkv_proj", columns(keys, None)),
        "positioned_key_output": KEYS,
        "attention_value_output": into("self_attn.o_proj"),
        "mlp_input": into("mlp.gate_up_proj"),
        "gate_output": out("mlp.gate_up_proj", columns(0, width)),
        "up_output": out("mlp.gate_up_proj", columns(width, None)),
        "mlp_activation": out("mlp.activation_fn"),
        "mlp_hidden": into("mlp.down_proj"),
    }


def bloom(config):
    heads = config.num_attention_heads
    fused = "self_attention.query_key_value"
    return {
        **block("self_attention.dense", fused, "mlp.dense_4h_to_h", "post_attention_layernorm"),
        "query_output": out(fused, interleaved(heads, 0)),
        "key_output": out(fused, interleaved(heads, 1)),
        "value_output": out(fused, interleaved(heads, 2)),
        "positioned_key_output": out(fused, interleaved(heads, 1)),
        "attention_value_output": into("self_attention.dense"),
        **ungated("mlp.dense_h_to_4h", "mlp.gelu_impl", "mlp.dense_4h_to_h"),
    }


def falcon(config):
    heads = config.num_attention_heads
    groups = 1 if config.multi_query else heads
    if config.new_decoder_architecture:
        groups = config.num_kv_heads
    fused = "self_attention.query_key_value"
    parallel = config.new_decoder_architecture or config.parallel_attn
    keys = rotated_keys(heads, heads // groups)
    if not config.new_decoder_architecture:
        keys = rotated_keys(groups, 1)
    if config.alibi:
        keys = out(fused, grouped(heads, groups, "key"))
    return {
        **block("self_attention", fused, "mlp", None if parallel else "post_attention_layernorm"),
        "query_output": out(fused, grouped(heads, groups, "query")),
        "key_output": out(fused, grouped(heads, groups, "key")),
        "value_output": out(fused, grouped(heads, groups, "value")),
        "positioned_key_output": keys,
        "attention_value_output": into("self_attention.dense"),
        **ungated("mlp.dense_h_to_4h", "mlp.act", "mlp.dense_4h_to_h"),
    }


def parallel_gated(config):
    """One norm before attention and a gated MLP."""
    sites = llama(config)
    del sites["resid_mid"]
    return sites


def stablelm(config):
    return parallel_gated(config) if config.use_parallel_residual else llama(config)


def granite(config):
    scale = config.residual_multiplier
    return {
        **llama(config),
        "attention_projection": out("self_attn.o_proj"),
        "attention_output": out("self_attn", scale=scale),
        "mlp_projection": out("mlp.down_proj"),
        "mlp_output": out("mlp", scale=scale),
    }


def starcoder2(config):
    return {
        **block("self_attn", "self_attn.q_proj", "mlp", "post_attention_layernorm"),
        **three_projections("self_attn"),
        **ungated("mlp.c_fc", "mlp.act", "mlp.c_proj"),
    }


def nemotron(config):
    return {**starcoder2(config), **ungated("mlp.up_proj", "mlp.act_fn", "mlp.down_proj")}


def experts(config):
    """A block whose MLP is several, of which a router chooses; some blocks may have one MLP."""
    sites = {**llama(config), "router_logits": out("mlp.gate")}
    if not getattr(config, "mlp_only_layers", []):
        sites = {name: site for name, site in sites.items() if name not in gated()}
    return {**sites, "mlp_input": into("mlp")}
