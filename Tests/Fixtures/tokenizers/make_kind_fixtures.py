#!/usr/bin/env python3
"""Makes the fixtures of the further kinds of tokenizers: SentencePiece models under the classes of
transformers, tiktoken and tekken files, older files of byte-pair encodings, Unigram, the steps that
a tokenizer.json can ask for, and GGUF vocabularies.

    pip install transformers==5.24.0 tokenizers==0.23.3 sentencepiece==0.2.3 tiktoken protobuf
    python make_kind_fixtures.py

The vocabularies are trained here on the texts of make_fixtures.py; running it again gives the same
files. `make_gguf_fixtures.py` adds what llama.cpp makes of them.
"""

import base64
import contextlib
import io
import json
import shutil
import tempfile
from pathlib import Path

import sentencepiece
import transformers
from tokenizers import (
    AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors,
    trainers)

from make_fixtures import CORPUS, HERE, byte_level_model, fuzz

transformers.logging.set_verbosity_error()

TEXTS = [
    "", " ", "   ", "\n", "\r\n", "\t", "a", " a", "a ", "  two  spaces  ", "Hello, world!",
    "The key near the cabinets is old.", "don't we'll I'VE", "tab\there\r\nnext\n\nlast",
    "In 1984 there were 1,234,567 reasons; 12 34", "x_y-z @user #1 $5.00 50% `q` ^ ~|",
    "caf\u00e9 cafe\u0301 \u00c5 A\u030a \u212b", "\ufb01n \u2460\u2461 \uff21\uff22\uff11 \u3315",
    "\ufb01\u0301 \u1e9b\u0323 q\u0307\u0323", "Stra\u00dfe STRASSE \u0130I\u0131i",
    "\u00bfD\u00f3nde est\u00e1 la ni\u00f1a?", "\u041a\u043b\u044e\u0447 \u043e\u0442 \u0448\u043a\u0430\u0444\u0430.",
    "\u03a4\u03bf \u03ba\u03bb\u03b5\u03b9\u03b4\u03af \u03a3\u0391\u03a3", "\u0627\u0644\u0645\u0650\u0641\u0652\u062a\u0627\u062d\u060c \u0661\u0662\u0663",
    "\u0939\u093f\u0928\u094d\u0926\u0940 \u091a\u093e\u092c\u0940\u0964", "\u05e9\u05c1\u05b8\u05dc\u05d5\u05b9\u05dd \u05e2\u05d5\u05dc\u05dd",
    "\u0e01\u0e33\u0e25\u0e31\u0e07 \u0e44\u0e17\u0e22", "\u9375\u306f\u6771\u4eac\u3067\u3059\u3002 \u30ab\u30bf\u30fc\u30ab\u30ca",
    "\u5317\u4eac2008\u5e74\uff0c\u4f60\u597d\uff01", "\uc5f4\uc1e0\ub294 \u1112\u1161\u11ab",
    "\U0001F600 \U0001F468\u200d\U0001F469\u200d\U0001F467!", "\U0001F1EB\U0001F1F7\U0001F44D\U0001F3FD\u2764\ufe0f",
    "zero\u200bwidth\ufeffbom\u00adsoft", "nul\x00bell\x07del\x7fnel\x85nb\u00a0sp\u3000w",
    "\u2581x \u2581 \u2581\u2581y", "<s>x</s> <unk> <0x41>", "a<|end|>b <|end|> c", "[MASK] (a) [CLS]",
    "<mask> x <mask>", "<start_of_turn>user\nHi", "<extra_id_0> to <extra_id_99>",
    "``quoted'' \u201cq\u201d", "\U00020000\U0001D400\U00010330 \uffff", "unseen \u2603\u2603 \u2604",
    "a\u0300\u0323b \u0344 \u0f73", "THE KEYS", "one\u2028two\u2029three\x0bfour\x0cfive",
]
TEXTS += fuzz(3, 12)
SHORT = [TEXTS[index] for index in (
    0, 2, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 23, 24, 27, 30, 33, 34, 46)]

# A small character map: what the usual ones have of each kind.
RULES = [
    ("\t", " "), ("\n", " "), ("\r", " "), ("\u3000", " "), ("\u00a0", " "), ("\u200b", ""),
    ("\ufeff", " "), ("\x07", ""), ("\ufb01", "fi"), ("\u2460", "1"),
    ("\u2461", "2"), ("\uff21", "A"), ("\uff22", "B"), ("\uff11", "1"), ("\u3315", "\u30ad\u30ed"),
    ("e\u0301", "\u00e9"), ("A\u030a", "\u00c5"), ("\u212b", "\u00c5"), ("\u1e9b\u0323", "\u1e69"),
    ("\u1112\u1161\u11ab", "\ud55c"), ("\u1112\u1161", "\ud558"), ("\uff0c", ","), ("\uff01", "!"),
    ("\u2026", "..."), ("\u0344", "\u0308\u0301"),
]


def train(**options):
    rules = "".join(
        " ".join(f"{ord(scalar):X}" for scalar in source) + "\t"
        + " ".join(f"{ord(scalar):X}" for scalar in target) + "\n" for source, target in RULES)
    stream = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        if options.pop("mapped", True):
            # The path is kept in the model.
            Path("rules.tsv").write_text(rules, encoding="utf-8")
            options["normalization_rule_tsv"] = "rules.tsv"
        else:
            options["normalization_rule_name"] = "identity"
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter(CORPUS), model_writer=stream, num_threads=1, minloglevel=2,
            character_coverage=0.98, hard_vocab_limit=False, **options)
    return stream.getvalue()


def write(path, value):
    path = HERE / path
    path.parent.mkdir(parents=True, exist_ok=True)
    document = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.write_text(document + "\n", encoding="utf-8")


def bytes_of(text, offsets):
    starts = [0]
    for scalar in text:
        starts.append(starts[-1] + len(scalar.encode("utf-8")))
    return [place for start, end in offsets for place in (starts[start], starts[end])]


def byte_by_byte(text, encoding):
    """Each byte of unknown text with its own scalar, where the reference gives all of it."""
    offsets = list(encoding.offsets)
    index = 0
    while index < len(offsets):
        end = index + 1
        if encoding.tokens[index].startswith("<0x"):
            while end < len(offsets) and offsets[end] == offsets[index] and (
                    encoding.tokens[end].startswith("<0x")):
                end += 1
            scalars = bytes(int(token[3:5], 16) for token in encoding.tokens[index:end]).decode()
            places = range(*offsets[index])
            if len(scalars) == len(places):
                offsets[index:end] = [
                    (place, place + 1) for place, scalar in zip(places, scalars)
                    for _ in scalar.encode("utf-8")]
        index = end
    return offsets


def case(backend, text, ranges=True):
    encoding = backend.encode(text)
    made = {"ids": encoding.ids}
    if ranges:
        made["ranges"] = bytes_of(text, byte_by_byte(text, encoding))
    decoded = backend.decode(encoding.ids, skip_special_tokens=True)
    if decoded != text:
        made["decoded"] = decoded
    return made


def kind(name, files, cases):
    folder = HERE / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for file, content in files.items():
        if isinstance(content, bytes):
            (folder / file).write_bytes(content)
        elif isinstance(content, str):
            (folder / file).write_text(content, encoding="utf-8")
        else:
            write(f"{name}/{file}", content)
    write(f"{name}/kind.json", cases(folder))


def by_class(name, ranges=False):
    def cases(folder):
        tokenizer = getattr(transformers, name).from_pretrained(folder)
        pair = tokenizer("The key", "is old.")
        return {
            "cases": [case(tokenizer.backend_tokenizer, text, ranges) for text in TEXTS],
            "pair": pair["input_ids"]}
    return cases


def make_sentencepiece():
    """One model for each class of transformers, and two for SentencePiece's own way."""
    unigram = dict(model_type="unigram", vocab_size=300)
    bpe = dict(model_type="bpe", vocab_size=470, byte_fallback=True, mapped=False,
               remove_extra_whitespaces=False)
    kinds = [
        ("spm-llama", "LlamaTokenizer", "tokenizer.model", train(
            **bpe, user_defined_symbols=["<|end|>"]), {"add_bos_token": True}),
        ("spm-llama-legacy", "LlamaTokenizer", "tokenizer.model", None, {
            "legacy": True, "add_bos_token": True, "add_eos_token": True,
            "unk_token": "<unk>"}),
        ("spm-gemma", "GemmaTokenizer", "tokenizer.model", train(
            **bpe | dict(vocab_size=480), add_dummy_prefix=False, pad_id=0, eos_id=1, bos_id=2,
            unk_id=3, eos_piece="<eos>", bos_piece="<bos>",
            user_defined_symbols=["<mask>", "<start_of_turn>", "\u2581\u2581"]),
            {"add_bos_token": True}),
        ("spm-t5", "T5Tokenizer", "spiece.model", train(
            **unigram, pad_id=0, eos_id=1, unk_id=2, bos_id=-1), {}),
        ("spm-xlmr", "XLMRobertaTokenizer", "sentencepiece.bpe.model", train(**unigram), {}),
        ("spm-albert", "AlbertTokenizer", "spiece.model", train(
            **unigram, pad_id=0, unk_id=1, bos_id=-1, eos_id=-1, control_symbols=["[CLS]", "[SEP]"],
            user_defined_symbols=["[MASK]", "(", ")"]), {}),
        ("spm-deberta", "DebertaV2Tokenizer", "spm.model", None, {"split_by_punct": True}),
    ]
    model = None
    for name, made_by, file, trained, settings in kinds:
        model = trained or model
        kind(name, {file: model, "tokenizer_config.json": {"tokenizer_class": made_by} | settings},
             by_class(made_by, name in ("spm-llama", "spm-t5", "spm-albert")))

    def own(folder):
        processor = sentencepiece.SentencePieceProcessor(
            model_file=str(folder / "tokenizer.model"))
        made = []
        for text in TEXTS:
            # Special tokens are no text there.
            if any(mark in text for mark in ("<s>", "</s>", "<unk>")) or "\x00" in text:
                made.append(None)
                continue
            pieces = list(processor.encode(text, return_type="proto").pieces)
            # Of the bytes of a scalar only the last has a place.
            for index in range(len(pieces) - 2, -1, -1):
                if pieces[index].piece.startswith("<0x") and (
                        pieces[index].begin == pieces[index].end):
                    pieces[index].end = pieces[index + 1].end
                    pieces[index].begin = pieces[index + 1].begin
            made.append({
                "ids": [piece.id for piece in pieces],
                "ranges": [place for piece in pieces for place in (piece.begin, piece.end)]})
        return {"cases": made}
    kind("spm-own-bpe", {"tokenizer.model": train(
        **bpe | dict(mapped=True), user_defined_symbols=["<|end|>", "ke", "\u2581\u2581"])}, own)
    kind("spm-own-unigram", {"tokenizer.model": train(
        **unigram | dict(vocab_size=560), byte_fallback=True,
        user_defined_symbols=["<|end|>", "ke"])}, own)


def make_tiktoken():
    import tiktoken

    vocabulary, merges = byte_level_model()
    alphabet = {scalar: byte for byte, scalar in byte_alphabet().items()}
    order = sorted((text for text in vocabulary if not text.startswith("<|")
                    and (len(text) == 1 or any(left + right == text for left, right in merges))),
                   key=lambda text: (len(text) > 1, vocabulary[text]))[:290]
    ranks = [bytes(alphabet[scalar] for scalar in text) for text in order]
    lines = "".join(
        f"{base64.b64encode(token).decode()} {rank}\n" for rank, token in enumerate(ranks))
    llama3 = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}"
              r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    o200k = "|".join([
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
        r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?",
        r"\p{N}{1,3}", r" ?[^\s\p{L}\p{N}]+[\r\n/]*", r"\s*[\r\n]+", r"\s+(?!\S)", r"\s+"])
    cl100k = (r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++"
              r"[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s")

    def plain(pattern):
        encoding = tiktoken.Encoding(
            "x", pat_str=pattern, mergeable_ranks={t: r for r, t in enumerate(ranks)},
            special_tokens={"<|end|>": len(ranks)})
        return lambda folder: {
            "cases": [{"ids": encoding.encode(text, allowed_special="all")} for text in TEXTS]}
    decoder = {"added_tokens_decoder": {
        str(len(ranks)): {"content": "<|end|>", "special": True}}}
    kind("tiktoken-llama3", {"tokenizer.model": lines, "tokenizer_config.json": decoder},
         plain(llama3))
    kind("tiktoken-o200k", {"o200k_base.tiktoken": lines, "tokenizer_config.json": decoder},
         plain(o200k))
    kind("tiktoken-cl100k", {"cl100k_base.tiktoken": lines, "tokenizer_config.json": decoder},
         plain(cl100k))
    tekken = {
        "config": {"pattern": o200k.replace("(?i:'s|'t|'re|'ve|'m|'ll|'d)?", "").replace(
            "{1,3}", ""), "num_vocab_tokens": 310, "default_vocab_size": 300,
            "default_num_special_tokens": 20, "version": "v3"},
        "vocab": [{"rank": rank, "token_bytes": base64.b64encode(token).decode()} for rank, token in enumerate(ranks)],
        "special_tokens": [
            {"rank": rank, "token_str": text, "is_control": True}
            for rank, text in enumerate(["<unk>", "<s>", "</s>", "[INST]", "[/INST]"])]}

    def cases(folder):
        from transformers.integrations.mistral.tokenizer import MistralConverter
        tokenizer = MistralConverter(str(folder / "tekken.json")).converted()
        return {"cases": [
            made | {"ids": [1] + made["ids"], "ranges": [0, 0] + made["ranges"]}
            for made in (case(tokenizer, text) for text in TEXTS)]}
    kind("tekken", {"tekken.json": tekken}, cases)


def byte_alphabet():
    printable = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = [byte for byte in range(256) if byte not in printable]
    return {byte: chr(byte) for byte in printable} | {
        byte: chr(256 + index) for index, byte in enumerate(others)}


def greedy_merges(count):
    """Merges within words that end with a mark, the most frequent first."""
    cut = pre_tokenizers.BertPreTokenizer()
    lower = normalizers.BertNormalizer(lowercase=True)
    words = [[*word[:-1], word[-1] + "</w>"] for line in CORPUS
             for word, _ in cut.pre_tokenize_str(lower.normalize_str(line))]
    merges = []
    while len(merges) < count:
        counts = {}
        for word in words:
            for pair in zip(word, word[1:]):
                counts[pair] = counts.get(pair, 0) + 1
        pair = max(counts, key=lambda pair: (counts[pair], pair))
        merges.append(pair)
        for word in words:
            index = 0
            while index < len(word) - 1:
                if (word[index], word[index + 1]) == pair:
                    word[index:index + 2] = ["".join(pair)]
                index += 1
    return merges


def make_older():
    """`vocab.json` and `merges.txt` under the classes that have them, and MPNet's `vocab.txt`."""
    vocabulary, merges = byte_level_model()
    merges = merges[:80]
    spelled = sorted(byte_alphabet().values()) + ["".join(pair) for pair in merges]
    lines = "#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in merges)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    opt = {text: index for index, text in enumerate(special + spelled)}
    kind("older-opt", {
        "vocab.json": opt, "merges.txt": lines, "tokenizer_config.json": {
            "tokenizer_class": "GPT2Tokenizer", "add_bos_token": True, "bos_token": "</s>",
            "eos_token": "</s>", "unk_token": "</s>", "pad_token": "<pad>",
            "add_prefix_space": False}}, by_class("GPT2Tokenizer"))
    qwen = {text: index for index, text in enumerate(spelled + ["<|endoftext|>"])}
    kind("older-qwen2", {
        "vocab.json": qwen, "merges.txt": lines, "tokenizer_config.json": {
            "tokenizer_class": "Qwen2Tokenizer", "eos_token": "<|end|>",
            "added_tokens_decoder": {str(len(qwen)): {
                "content": "<|end|>", "special": True, "lstrip": False, "rstrip": False,
                "single_word": False, "normalized": False}}}}, by_class("Qwen2Tokenizer"))

    # Byte-pair encodings with a mark at the end of words.
    pairs = greedy_merges(160)
    symbols = sorted({symbol for pair in pairs for symbol in pair if len(symbol) == 1
                      or symbol.endswith("</w>") and len(symbol) == 5})
    gpt1 = ["<unk>"] + sorted(set(symbols) | {symbol[0] for symbol in symbols}) + [
        "".join(pair) for pair in pairs]
    text = lambda pairs: "#version: 0.2\n" + "".join(" ".join(pair) + "\n" for pair in pairs)
    kind("older-gpt1", {
        "vocab.json": {text: index for index, text in enumerate(dict.fromkeys(gpt1))},
        "merges.txt": text(pairs),
        "tokenizer_config.json": {"tokenizer_class": "OpenAIGPTTokenizer"}},
        by_class("OpenAIGPTTokenizer", True))
    alphabet = sorted(byte_alphabet().values())
    marked = lambda word: word[:-1] + [word[-1] + "</w>"]
    pairs = []
    for word in ("the", "key", "keys", "near", "old", "is", "user", "don", "\u00c3\u00a9"):
        symbols = marked(list(word))
        while len(symbols) > 1:
            if tuple(symbols[:2]) not in pairs:
                pairs.append(tuple(symbols[:2]))
            symbols[:2] = ["".join(symbols[:2])]
    clip = alphabet + [scalar + "</w>" for scalar in alphabet]
    clip += ["".join(pair) for pair in pairs] + ["<|startoftext|>", "<|endoftext|>"]
    kind("older-clip", {
        "vocab.json": {text: index for index, text in enumerate(dict.fromkeys(clip))},
        "merges.txt": text(pairs),
        "tokenizer_config.json": {"tokenizer_class": "CLIPTokenizer"}},
        by_class("CLIPTokenizer"))
    tokens = ["<s>", "<pad>", "</s>", "[UNK]", "<mask>", "the", "key", "##s", "near", "a", "##b",
              "x", "##e", "old", ".", "cafe", "1", "##2", "is", "\u5317", "\u4eac"]
    kind("older-mpnet", {
        "vocab.txt": "\n".join(tokens) + "\n",
        "tokenizer_config.json": {"tokenizer_class": "MPNetTokenizer"}},
        by_class("MPNetTokenizer"))


def make_files():
    """A `tokenizer.json` with Unigram, and two with byte-pair encodings of unusual steps."""
    def saved(tokenizer, ranges=True):
        document = json.loads(tokenizer.to_str())
        return {"tokenizer.json": document}, lambda folder: {
            "cases": [case(tokenizer, text, ranges) for text in TEXTS]}
    from sentencepiece import sentencepiece_model_pb2
    model = sentencepiece_model_pb2.ModelProto()
    model.ParseFromString(train(model_type="unigram", vocab_size=560, byte_fallback=True))
    pieces = [(piece.piece, piece.score) for piece in model.pieces]
    tokenizer = Tokenizer(models.Unigram(pieces, 0, True))
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Precompiled(model.normalizer_spec.precompiled_charsmap),
        normalizers.Strip(left=False, right=True), normalizers.Replace(Regex(" {2,}"), "\u2581")])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="first", split=True)
    tokenizer.decoder = decoders.Sequence([
        decoders.Metaspace(prepend_scheme="first"), decoders.ByteFallback(), decoders.Fuse()])
    tokenizer.add_special_tokens(["<unk>", "<s>", "</s>"])
    tokenizer.add_tokens([AddedToken("<|end|>", normalized=True, special=False)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 1), ("</s>", 2)])
    kind("unigram", *saved(tokenizer))

    vocabulary, merges = byte_level_model()
    merges = merges[:60]
    spelled = sorted(byte_alphabet().values()) + ["".join(pair) for pair in merges]
    ids = {text: index for index, text in enumerate(spelled)}
    falcon = Tokenizer(models.BPE(ids, merges))
    falcon.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Punctuation("contiguous"),
        pre_tokenizers.ByteLevel(add_prefix_space=False), pre_tokenizers.Digits(False),
        pre_tokenizers.Split(Regex("[0-9][0-9][0-9]"), "isolated")])
    falcon.decoder = decoders.ByteLevel()
    falcon.add_special_tokens(["<|end|>"])
    kind("falcon", *saved(falcon))
    bytes_first = Tokenizer(models.BPE(ids, merges, ignore_merges=True))
    bytes_first.normalizer = normalizers.ByteLevel()
    bytes_first.pre_tokenizer = pre_tokenizers.Split(Regex("\u0120?[A-Za-z]+|[0-9]"), "isolated")
    bytes_first.decoder = decoders.ByteLevel()
    kind("byte-normalizer", *saved(bytes_first, False))
    # Pieces inside a word with a mark, unknown neighbors as one.
    inside = {"<unk>": 0, "t": 1, "##h": 2, "##e": 3, "th": 4, "the": 5, "##y": 6, "k": 7,
              "##ey": 8, "key": 9, "##s": 10, "a": 11}
    marked = Tokenizer(models.BPE(inside, [
        ("t", "##h"), ("th", "##e"), ("##e", "##y"), ("k", "##ey")], unk_token="<unk>",
        continuing_subword_prefix="##", fuse_unk=True))
    marked.pre_tokenizer = pre_tokenizers.Whitespace()
    marked.decoder = decoders.WordPiece(cleanup=False)
    kind("continuing-prefix", *saved(marked))


def make_steps():
    """Each normalizer and each pre-tokenizer with whole words as the vocabulary."""
    n, p = normalizers, pre_tokenizers
    behaviors = ["removed", "isolated", "merged_with_previous", "merged_with_next", "contiguous"]
    steps = {
        "NFC": (n.NFC(), None), "NFD": (n.NFD(), None), "NFKC": (n.NFKC(), None),
        "NFKD": (n.NFKD(), None), "Lowercase": (n.Lowercase(), None),
        "StripAccents": (n.Sequence([n.NFD(), n.StripAccents()]), None),
        "Strip": (n.Strip(), None), "Strip left": (n.Strip(left=True, right=False), None),
        "Replace": (n.Sequence([n.Replace(Regex(r"\s+"), "_"), n.Replace("key", "")]), None),
        "Prepend": (n.Prepend("\u2581"), None), "Nmt": (n.Nmt(), None),
        "BertNormalizer": (n.BertNormalizer(strip_accents=False), None),
        "ByteLevel normalizer": (n.ByteLevel(), None),
        "Whitespace": (None, p.Whitespace()), "WhitespaceSplit": (None, p.WhitespaceSplit()),
        "Digits": (None, p.Digits()), "single Digits": (None, p.Digits(individual_digits=True)),
        "CharDelimiterSplit": (None, p.CharDelimiterSplit("e")),
        "FixedLength": (None, p.FixedLength(3)), "UnicodeScripts": (None, p.UnicodeScripts()),
        "BertPreTokenizer": (None, p.BertPreTokenizer()),
        "Metaspace": (None, p.Metaspace()),
        "Metaspace first": (None, p.Sequence([
            p.WhitespaceSplit(), p.Metaspace(prepend_scheme="first")])),
        "Metaspace never": (n.Lowercase(), p.Metaspace(prepend_scheme="never", split=False)),
        "Split of a text": (None, p.Split(" ", "merged_with_previous")),
        "Split inverted": (None, p.Split(Regex(r"\w+"), "removed", invert=True)),
        "Split inverted, merged": (None, p.Split(Regex(r"\d|[A-z]+"), "merged_with_next", True)),
        "Split at lines": (None, p.Split(Regex(r"^\S+|\s+$"), "isolated")),
    }
    for behavior in behaviors:
        steps[f"Punctuation {behavior}"] = (None, p.Punctuation(behavior))
        steps[f"Split {behavior}"] = (None, p.Split(Regex(r"[aeiou]|\p{Nd}+|\s"), behavior))
    made = []
    for name, (normalizer, pre_tokenizer) in steps.items():
        words = {}
        for text in SHORT:
            normalized = normalizer.normalize_str(text) if normalizer else text
            pieces = pre_tokenizer.pre_tokenize_str(normalized) if pre_tokenizer else (
                [(normalized, None)] if normalized else [])
            for word, _ in pieces:
                words.setdefault(word, len(words))
        tokenizer = Tokenizer(models.WordLevel(words | {"<unk>": len(words)}, "<unk>"))
        if normalizer:
            tokenizer.normalizer = normalizer
        if pre_tokenizer:
            tokenizer.pre_tokenizer = pre_tokenizer
        document = json.loads(tokenizer.to_str())
        results = []
        for text in SHORT:
            encoding = tokenizer.encode(text)
            results.append([encoding.ids, bytes_of(text, encoding.offsets)])
        made.append({
            "name": name, "normalizer": document["normalizer"],
            "preTokenizer": document["pre_tokenizer"], "words": list(words), "results": results})
    write("steps.json", {"texts": SHORT, "steps": made})


def make_decoders():
    d = decoders
    tokens = ["\u2581The", "\u2581", "key", "##s", "<0xE2>", "<0x98>", "<0x83>", ".", "old</w>",
              "\u0120is", " a ", "n't", "\u2581\u2581x", "!", "e</w>"]
    kinds = [
        d.ByteLevel(), d.Metaspace(), d.Metaspace(prepend_scheme="never"), d.WordPiece(),
        d.WordPiece(prefix="##", cleanup=False), d.BPEDecoder(), d.Fuse(),
        d.Sequence([d.Replace("\u2581", " "), d.ByteFallback(), d.Fuse()]),
        d.Sequence([d.Replace("\u2581", " "), d.ByteFallback(), d.Fuse(), d.Strip(" ", 1, 0)]),
        d.Sequence([d.Replace(Regex("[ae]"), "_"), d.Fuse()]),
        d.Sequence([d.Strip(" ", 1, 1), d.Fuse()]), d.Strip("e", 0, 1), None]
    made = []
    for decoder in kinds:
        byte_tokens = decoder is not None and "ByteFallback" in str(decoder)
        tokenizer = Tokenizer(models.BPE(
            {token: index for index, token in enumerate(tokens)}, [], byte_fallback=byte_tokens))
        if decoder:
            tokenizer.decoder = decoder
        document = json.loads(tokenizer.to_str())
        lists = [[0, 2, 3, 7], list(range(len(tokens))), [8, 14], [4, 5, 6, 0], [1, 0, 12], []]
        made.append({
            "decoder": document["decoder"], "byteFallback": byte_tokens,
            "texts": [tokenizer.decode(ids) if ids else "" for ids in lists]})
    write("decoders.json", {"tokens": tokens, "ids": lists, "kinds": made})


if __name__ == "__main__":
    write("kind-texts.json", TEXTS)
    make_sentencepiece()
    make_tiktoken()
    make_older()
    make_files()
    make_steps()
    make_decoders()
