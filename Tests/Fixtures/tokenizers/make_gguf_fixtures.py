#!/usr/bin/env python3
"""Makes the fixtures of GGUF vocabularies: what llama.cpp makes of small ones.

    pip install xllamacpp==2026.10.11549 gguf
    python make_gguf_fixtures.py

Run make_fixtures.py, make_encoder_fixtures.py and make_kind_fixtures.py before. llama.cpp is called in
the library of xllamacpp, which has its functions; only the vocabularies are loaded.
"""

import ctypes
import json
import tempfile
from pathlib import Path

import gguf
import xllamacpp

HERE = Path(__file__).parent
LIBRARY = ctypes.CDLL(str(next(Path(xllamacpp.__file__).parent.glob("*.so"))))
SIZE, VOCABULARY_ONLY = 80, 72  # of llama_model_params, and its member


class Parameters(ctypes.Structure):
    _fields_ = [("bytes", ctypes.c_ubyte * SIZE)]


LOG = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p)
SILENT = LOG(lambda level, text, data: None)
LIBRARY.llama_log_set(SILENT, None)
LIBRARY.llama_model_default_params.restype = Parameters
LIBRARY.llama_model_load_from_file.restype = ctypes.c_void_p
LIBRARY.llama_model_load_from_file.argtypes = [ctypes.c_char_p, Parameters]
LIBRARY.llama_model_get_vocab.restype = ctypes.c_void_p
LIBRARY.llama_model_get_vocab.argtypes = [ctypes.c_void_p]
LIBRARY.llama_tokenize.argtypes = [
    ctypes.c_void_p, ctypes.c_char_p, ctypes.c_int32, ctypes.c_void_p, ctypes.c_int32,
    ctypes.c_bool, ctypes.c_bool]
LIBRARY.llama_backend_init()

TEXTS = [
    "", " ", "a", "The key near the cabinets is old.", "  two  spaces  ", "tab\there\r\nnext\n\n x",
    "don't we'll I'VE DON'T", "In 1984: 1,234,567 12 3 12345 reasons", "x_y-z @u #1 $5.00 50% `q`",
    "foo/bar//baz\n/x", "caf\u00e9 \u00c5ngstr\u00f6m na\u00efve", "\u041a\u043b\u044e\u0447 \u041e\u0442 \u0448\u043a\u0430\u0444\u0430.",
    "\u03a4\u03bf \u03ba\u03bb\u03b5\u03b9\u03b4\u03af", "\u5317\u4eac2008\u5e74\uff0c\u4f60\u597d\uff01 \u30ab\u30bf\u30ab\u30ca \ud55c\uad6d\uc5b4",
    "camelCase HTTPServer iPhone 3D", "\u0627\u0644\u0645\u0641\u062a\u0627\u062d\u060c \u0661\u0662\u0663", "\U0001F600 \U0001F44D\U0001F3FD!",
    "<|start|>hi<|end|> x", "a  \n  b   \n\n", "!!!abc $abc ...x", "\u2026 \u201cq\u201d \u2014 \u00bfqu\u00e9?",
]
# Without tiny_aya, cohere2moe and youtu, whose patterns llama.cpp's engine takes for other ones.
NAMES = """default llama-bpe llama3 llama-v3 falcon3 falcon-h1 pixtral midm-2.0 lfm2 jina-v5-nano dbrx
smaug-bpe chatglm-bpe glm4 qwen2 stablelm2 deepseek-r1-qwen megrez hunyuan kormo f2llmv2 solar-open
grok-2 gpt-2 phi-2 mpt olmo jais jina-es jina-de jina-v2-es jina-v2-de jina-v1-en jina-v2-code
roberta-bpe gigachat a.x-4.0 mellum modern-bert exaone4 trillion granite-docling smollm starcoder
refact command-r codeshell exaone minerva-7b mellum2 falcon tekken gpt-4o llama4 kanana2 talkie
minimax-m2 granite-embed-multi-97m qwen35 bloom poro-chat gpt3-finnish viking
deepseek-llm deepseek-coder deepseek-v3 hunyuan-dense joyai-llm hy_v4 bailingmoe bailingmoe2 llada-moe
seed-coder ufakzeka exaone-moe laguna minicpm5 chameleon jais-2 spark2_5""".split()


def tokenize(description, texts):
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/vocabulary.gguf"
        writer = gguf.GGUFWriter(path, "llama")
        writer.add_block_count(1)
        writer.add_context_length(64)
        writer.add_embedding_length(8)
        writer.add_feed_forward_length(8)
        writer.add_head_count(1)
        writer.add_layer_norm_rms_eps(1e-5)
        add = {
            "model": writer.add_tokenizer_model, "pre": writer.add_tokenizer_pre,
            "tokens": writer.add_token_list, "types": writer.add_token_types,
            "scores": writer.add_token_scores, "merges": writer.add_token_merges,
            "beginning": writer.add_bos_token_id, "end": writer.add_eos_token_id,
            "unknown": writer.add_unk_token_id, "separator": writer.add_sep_token_id,
            "prefix": writer.add_add_space_prefix, "removes": writer.add_remove_extra_whitespaces,
            "map": lambda value: writer.add_precompiled_charsmap(bytes(value))}
        for key, value in description.items():
            add[key](value)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_tensors_to_file()
        writer.close()
        parameters = LIBRARY.llama_model_default_params()
        parameters.bytes[VOCABULARY_ONLY] = 1
        model = LIBRARY.llama_model_load_from_file(path.encode(), parameters)
        assert model, description["model"]
        vocabulary = LIBRARY.llama_model_get_vocab(model)
        made = []
        for text in texts:
            data = text.encode("utf-8")
            ids = (ctypes.c_int32 * (len(data) + 16))()
            count = LIBRARY.llama_tokenize(
                vocabulary, data, len(data), ids, len(ids), True, True)
            assert count >= 0
            made.append(list(ids[:count]))
        return made


def write(path, value):
    document = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    (HERE / path).write_text(document + "\n", encoding="utf-8")


def greedy_vocabulary():
    """Merges over the boundaries of words, so that each cut shows."""
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    alphabet = {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + index) for index, byte in enumerate(others)}
    symbols = [[alphabet[byte] for byte in text.encode("utf-8")]
               for text in TEXTS if "<|" not in text]
    tokens = ["<|start|>", "<|end|>"] + sorted(alphabet.values())
    merges = []
    while len(merges) < 420:
        counts = {}
        for line in symbols:
            for pair in zip(line, line[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        if not counts:
            break
        pair = max(counts, key=lambda pair: (counts[pair], -len("".join(pair)), pair))
        merges.append(pair)
        if "".join(pair) not in tokens:
            tokens.append("".join(pair))
        for line in symbols:
            index = 0
            while index < len(line) - 1:
                if (line[index], line[index + 1]) == pair:
                    line[index:index + 2] = ["".join(pair)]
                index += 1
    # No merge leads to it: taken whole when merges are ignored.
    if "\u0120cabinets" not in tokens:
        tokens.append("\u0120cabinets")
    return tokens, [" ".join(pair) for pair in merges]


def make_words():
    tokens, merges = greedy_vocabulary()
    types = [3, 3] + [1] * (len(tokens) - 2)
    groups = {}
    for name in NAMES:
        ids = tokenize({
            "model": "gpt2", "pre": name, "tokens": tokens, "types": types, "merges": merges,
            "beginning": 0, "end": 1}, TEXTS)
        groups.setdefault(json.dumps(ids), []).append(name)
    write("gguf-words.json", {
        "texts": TEXTS, "tokens": tokens, "types": types, "merges": merges, "kinds": [
            {"names": names, "ids": json.loads(ids)} for ids, names in groups.items()]})


def make_kinds():
    from sentencepiece import sentencepiece_model_pb2
    texts = json.loads((HERE / "kind-texts.json").read_text(encoding="utf-8"))
    texts = [text for text in texts if "\x00" not in text]
    kinds = []

    def add(description):
        # llama.cpp takes all marks for accents, leaves Hangul whole and drops some separators.
        is_same = lambda text: description["model"] != "bert" or not any(
            scalar in "\u2028\u2029" or 0x900 <= ord(scalar) < 0x980
            or 0x1100 <= ord(scalar) < 0x1200 or ord(scalar) >= 0xA000 for scalar in text)
        ids = tokenize(description, texts)
        kinds.append(description | {
            "ids": [made if is_same(text) else None for text, made in zip(texts, ids)]})
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString((HERE / "spm-t5/spiece.model").read_bytes())
    pieces = model.pieces
    unigram = {
        "model": "t5", "tokens": [piece.piece for piece in pieces],
        "types": [piece.type for piece in pieces], "scores": [piece.score for piece in pieces],
        "end": 1, "unknown": 2, "map": list(model.normalizer_spec.precompiled_charsmap)}
    add(unigram | {"prefix": True, "removes": True})
    add(unigram | {"prefix": True, "removes": False})
    tokens = (HERE / "bert/vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    control = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    add({"model": "bert", "tokens": [
        token if token in control else token[2:] if token.startswith("##") else "\u2581" + token
        for token in tokens], "types": [3 if token in control else 1 for token in tokens],
        "beginning": 2, "separator": 3, "unknown": 1})
    letters = ["a", "b", "o", "w", "t", "\u2581", "\n", "\u00e9"]
    pairs = [("\u2581", "t"), ("\u2581t", "w"), ("\u2581tw", "o"), ("\n", "\n"), ("\u2581", "\u2581")]
    bytes_ = [f"<0x{byte:02X}>" for byte in range(256)]
    tokens = ["<pad>", "<eos>", "<bos>", "<unk>"] + bytes_ + letters + [
        "".join(pair) for pair in pairs] + ["\n\n\n"]
    add({"model": "gemma4", "tokens": tokens, "types": [3, 3, 3, 2] + [6] * 256 + [1] * 14,
         "merges": [" ".join(pair) for pair in pairs], "beginning": 2, "end": 1, "unknown": 3})
    write("gguf-kinds.json", {"texts": texts, "kinds": kinds})


if __name__ == "__main__":
    make_words()
    make_kinds()
