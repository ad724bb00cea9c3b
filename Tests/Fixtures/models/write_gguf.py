"""Writes a LLaMA model as GGUF, with the names, order and metadata of llama.cpp's converter."""

import gguf

from tiny_vocabulary import END_OF_TEXT, MERGES, TOKENS

# transformers' name inside a layer: GGUF's.
LAYER_TENSORS = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def interleaved(weight, heads):
    """Rows of each head reordered: pairs (i, i + width / 2) become neighbours (2i, 2i + 1).

    GGUF's rotary embedding for LLaMA turns neighbours, transformers' turns the two halves.
    """
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


def add_metadata(writer, config):
    writer.add_type("model")
    writer.add_name("llama-gqa")
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_vocab_size(config.vocab_size)
    writer.add_rope_dimension_count(config.head_dim)


def add_vocabulary(writer):
    control, normal = gguf.TokenType.CONTROL, gguf.TokenType.NORMAL
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(TOKENS)
    writer.add_token_types([control if token == END_OF_TEXT else normal for token in TOKENS])
    writer.add_token_merges([f"{left} {right}" for left, right in MERGES])
    writer.add_bos_token_id(0)
    writer.add_eos_token_id(0)
    writer.add_unk_token_id(0)
    writer.add_add_bos_token(False)


def write_gguf(model, path, vocabulary):
    assert model.config.tie_word_embeddings and model.config.vocab_size == vocabulary
    config = model.config
    weights = {name: value.detach().numpy() for name, value in model.named_parameters()}
    writer = gguf.GGUFWriter(path, "llama")
    add_metadata(writer, config)
    add_vocabulary(writer)
    writer.add_tensor("token_embd.weight", weights["model.embed_tokens.weight"])
    for layer in range(config.num_hidden_layers):
        for name, stored_name in LAYER_TENSORS.items():
            weight = weights[f"model.layers.{layer}.{name}.weight"]
            if stored_name == "attn_q":
                weight = interleaved(weight, config.num_attention_heads)
            elif stored_name == "attn_k":
                weight = interleaved(weight, config.num_key_value_heads)
            writer.add_tensor(f"blk.{layer}.{stored_name}.weight", weight.copy())
    writer.add_tensor("output_norm.weight", weights["model.norm.weight"])
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    print(f"{path.name}: {path.stat().st_size} bytes")
