"""Writes what transformers computes with Gemma-3-270M into `gemma3.json`.

    python make_gemma3_reference.py gemma-3-270m-q4_k_m.gguf [OUTPUT]

Needs torch, transformers, sentencepiece, protobuf and gguf; takes about three minutes on one core.
"""

import pathlib
import sys

import gguf
import numpy
import sentencepiece
import torch
from sentencepiece import sentencepiece_model_pb2
from transformers import Gemma3ForCausalLM, Gemma3TextConfig

import gguf_reference as reference
from make_smollm2_reference import PAIRS, patch_row, prompt_row

LONG = (
    "The history of writing traces the development of language by letters or other marks. "
    "In the history of how writing systems have evolved in human civilizations, more complete "
    "writing systems were preceded by proto-writing, systems of ideographic or early mnemonic "
    "symbols. "
)

TEXTS = [
    "The capital of France is",
    "Hello",
    "In 1998 the 3.5-inch disk still held 1440 kB; by 2024",
    "Москва — столица",
    "東京は日本の首都で、",
    "서울은 대한민국의",
    "पेरिस फ्रांस की",
    "عاصمة فرنسا هي",
    "बर्लिन, Berlin, ベルリン, Берлин:",
    "Η πρωτεύουσα της Γαλλίας είναι",
    "กรุงเทพมหานคร",
    "def add(a, b):\n    return a",
    "  two  spaces\tand a tab\r\n",
    "👩‍👩‍👧‍👦 a family, e\u0301 and é",
    "<start_of_turn>user\nWhat colour is the sky?<end_of_turn>\n<start_of_turn>model\n",
    "When Mary and John went to the store, John gave a drink to",
    "The keys to the old cabinet",
    LONG,
    LONG * 6,
    LONG * 19,
]

# (pair, site, layer, head, base positions, source positions).
PATCHES = [
    (0, "block_input", 0, None, [4], [4]),
    (0, "block_output", 4, None, [4], [4]),
    (0, "block_output", 12, None, [-1], [-1]),
    (1, "block_output", 8, None, [1, -1], [1, -1]),
    (0, "attention_input", 6, None, [4], [4]),
    (2, "attention_projection", 11, None, [-1], [-1]),
    (2, "attention_output", 11, None, [-1], [-1]),
    (1, "attention_value_output", 5, None, [-1], [-1]),
    (0, "query_output", 11, None, [-1], [-1]),
    (3, "key_output", 5, None, [1, 2, 3], [1, 4, 2]),
    (2, "value_output", 5, None, [4], [2]),
    (1, "mlp_input", 0, None, [2], [2]),
    (3, "mlp_hidden", 16, None, [-1], [-1]),
    (0, "mlp_projection", 3, None, [4], [4]),
    (3, "mlp_output", 17, None, [-1], [-1]),
    (2, "head_attention_value_output", 11, 2, [-1], [-1]),
    (1, "head_query_output", 5, 3, [-1, 3], [-1, 3]),
]

NAMES = {
    "attn_norm": "input_layernorm",
    "post_attention_norm": "post_attention_layernorm",
    "ffn_norm": "pre_feedforward_layernorm",
    "post_ffw_norm": "post_feedforward_layernorm",
    "attn_q_norm": "self_attn.q_norm",
    "attn_k_norm": "self_attn.k_norm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}


def load(path):
    """The model with the file's weights, widened to float32."""
    reader = gguf.GGUFReader(path)
    value = lambda key: reader.fields["gemma3." + key].contents()
    config = Gemma3TextConfig(
        vocab_size=262144,
        hidden_size=value("embedding_length"),
        intermediate_size=value("feed_forward_length"),
        num_hidden_layers=value("block_count"),
        num_attention_heads=value("attention.head_count"),
        num_key_value_heads=value("attention.head_count_kv"),
        head_dim=value("attention.key_length"),
        rms_norm_eps=value("attention.layer_norm_rms_epsilon"),
        sliding_window=value("attention.sliding_window"),
        query_pre_attn_scalar=value("attention.key_length"),
        max_position_embeddings=value("context_length"),
        rope_parameters={
            "full_attention": {"rope_type": "default", "rope_theta": value("rope.freq_base")},
            "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
        },
        attn_implementation="eager",
    )
    weights = {}
    for tensor in reader.tensors:
        numbers = numpy.array(gguf.dequantize(tensor.data, tensor.tensor_type))
        numbers = torch.from_numpy(numbers.reshape([int(size) for size in reversed(tensor.shape)]))
        parts = tensor.name.split(".")
        # The file has the 1 of 1 + weight in it.
        numbers = numbers - 1 if "norm" in tensor.name else numbers
        if parts[0] == "blk":
            weights[f"model.layers.{parts[1]}.{NAMES[parts[2]]}.weight"] = numbers
        else:
            name = {"token_embd": "embed_tokens", "output_norm": "norm"}[parts[0]]
            weights[f"model.{name}.weight"] = numbers
    weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    model = Gemma3ForCausalLM(config).eval()
    model.load_state_dict(weights)
    model.requires_grad_(False)
    return model


def encoder(path):
    """SentencePiece itself, made again from the file's pieces; control tokens are found in a text."""
    fields = reference.vocabulary(path)
    proto = sentencepiece_model_pb2.ModelProto()
    for token, score, kind in zip(fields["tokens"], fields["scores"], fields["token_type"]):
        # Runs of spaces are pieces of the user's own there.
        proto.pieces.add(piece=token.replace(" ", "\u2581"), score=score, type=int(kind))
    proto.trainer_spec.model_type = 2
    proto.trainer_spec.byte_fallback = True
    proto.trainer_spec.unk_id, proto.trainer_spec.bos_id = 3, 2
    proto.trainer_spec.eos_id, proto.trainer_spec.pad_id = 1, 0
    for flag in ("add_dummy_prefix", "remove_extra_whitespaces"):
        setattr(proto.normalizer_spec, flag, False)
    proto.normalizer_spec.escape_whitespaces = True
    proto.normalizer_spec.name = "identity"
    pieces = sentencepiece.SentencePieceProcessor(model_proto=proto.SerializeToString())
    control = {
        token: index
        for index, (token, kind) in enumerate(zip(fields["tokens"], fields["token_type"]))
        if kind == 3
    }

    def encode(text):
        ids, rest = [2], text
        while rest:
            found = [(rest.find(token), token) for token in control if token in rest]
            start, token = min(found, default=(len(rest), ""))
            ids += pieces.encode(rest[:start])
            if token:
                ids.append(control[token])
            rest = rest[start + len(token):]
        return ids

    return encode


def main():
    path = pathlib.Path(sys.argv[1])
    default = pathlib.Path(__file__).parent / "gemma3.json"
    output = pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else default
    encode, model = encoder(path), load(path)
    document = reference.header(path, model)
    with torch.no_grad():
        ids = encode("The capital of France is")
        logits = model(input_ids=torch.tensor([ids])).logits[0, -1]
        assert logits.topk(3).indices.tolist() == [506, 496, 9079], logits.topk(3)
        document["prompts"] = [prompt_row(model, encode, text) for text in TEXTS]
        print([len(row["ids"]) for row in document["prompts"]])
        document["patches"] = [patch_row(model, encode, patch) for patch in PATCHES]
    for row in document["patches"]:
        print(f"{row['site']} {row['layer']} {row['head']}: {row['effect']}")
    reference.write(output, document)


if __name__ == "__main__":
    main()
